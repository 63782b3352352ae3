import { type Chart, Names, YamlOutputType } from 'cdk8s';
import { textAt } from '../kube';
import type { RenderedFile } from '../synth/render';
import type { RenderOptions } from './render-options';

/** Of a chart without a layer, as cdk8s has it. */
const STOCK_EXTENSION = '.k8s.yaml';

/**
 * The files of a chart, as `yamlOutputType` and `outputFileExtension` of the app say.
 * @see cdk8s 2.70 lib/app.js synth
 */
export function outputFiles(
  chart: Chart,
  documents: readonly unknown[],
  isInLayer: boolean,
  { yamlOutputType = YamlOutputType.FILE_PER_CHART, outputFileExtension }: RenderOptions,
): RenderedFile[] {
  const extension = outputFileExtension ?? (isInLayer ? '.yaml' : STOCK_EXTENSION);
  // Below a layer a chart's path has no cluster and layer in it, and a file needs no hash.
  const name = Names.toDnsLabel(chart, { includeHash: !isInLayer });
  const fileOf = (document: unknown): string =>
    `${textAt(document, 'kind')}.${textAt(document, 'metadata', 'name')}`.replace(/[^0-9a-zA-Z-_.]/g, '');
  switch (yamlOutputType) {
    case YamlOutputType.FILE_PER_RESOURCE:
      return documents.map((document) => ({ path: `${fileOf(document)}${extension}`, documents: [document] }));
    case YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE:
      return documents.map((document) => ({ path: `${name}/${fileOf(document)}${extension}`, documents: [document] }));
    case YamlOutputType.FILE_PER_APP:
      return [{ path: `app${extension}`, documents }];
    default:
      return [{ path: `${name}${extension}`, documents }];
  }
}
