import { App, type Chart, Names } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { Unit } from '../charts';
import type { ManifestFile, TextFile } from '../constructs';
import { orderObjects } from './object-order';
import { installSerialization } from './serialization';

installSerialization();

export { orderObjects };

/** Key of the construct metadata that carries a release's name and digest. */
const RELEASE_METADATA = 'aviary:release';

/** One file of a unit, rendered. */
export interface RenderedFile {
  /** Below the output folder, with `/`. */
  readonly path: string;
  /** Plain data, sorted as cdk8s sorts it. */
  readonly documents: readonly unknown[];
  /** Instead of documents: a file that is no YAML of Kubernetes. */
  readonly text?: string;
  /** False for objects that a controller makes of the file of this path: they are checked, and not written. */
  readonly isWritten?: false;
}

/** All that a unit gives. */
export interface RenderedUnit {
  readonly files: readonly RenderedFile[];
  /** Release digests by name. */
  readonly releases: Readonly<Record<string, string>>;
  /** The counted work: constructs that were visited and validated, objects that were rendered. */
  readonly work: { readonly constructs: number; readonly objects: number };
}

/**
 * Builds a unit in an app of its own, validates it and renders its charts: one walk, one validation pass.
 * Resolvers, Lazy values, JSON patches and the order of keys are cdk8s's own.
 * @throws Error with all messages when a construct's validation fails, as `App.synth` does
 */
export function renderUnit(unit: Unit): RenderedUnit {
  const app = new App({ resolvers: unit.resolvers });
  unit.build(app);
  const constructs = app.node.findAll();
  const errors: string[] = [];
  for (const { node } of constructs) for (const error of node.validate()) errors.push(`[${node.path}] ${error}`);
  const releases = releasesOf(constructs);
  if (errors.length > 0) throw new Error(`Validation failed with the following errors:\n  ${errors.join('\n  ')}`);
  let objects = 0;
  const files = orderObjects(constructs).map(({ chart, objects: apiObjects }): RenderedFile => {
    const rendered = apiObjects.map((apiObject) => apiObject.toJson() as unknown);
    if (!isManifestFile(chart)) {
      objects += rendered.length;
      return { path: `${Names.toDnsLabel(chart)}${app.outputFileExtension}`, documents: rendered };
    }
    const documents = chart.transform(rendered);
    objects += documents.length;
    return {
      path: chart.path,
      documents,
      ...kindOfFile(chart),
    };
  });
  return { files, releases, work: { constructs: constructs.length, objects } };
}

/** What a file is besides documents. */
export function kindOfFile(chart: ManifestFile): Pick<RenderedFile, 'text' | 'isWritten'> {
  const { text, isWritten } = chart as Partial<TextFile> & { readonly isWritten?: boolean };
  return { ...(text === undefined ? {} : { text }), ...(isWritten === false ? { isWritten } : {}) };
}

/** The release digests that constructs tell of, by name. */
export function releasesOf(constructs: readonly IConstruct[]): Record<string, string> {
  const releases: Record<string, string> = {};
  for (const { node } of constructs)
    for (const { type, data } of node.metadata) if (type === RELEASE_METADATA) releases[data.name] = data.digest;
  return releases;
}

/** By its members: cdk8s's `instanceof` says yes for a chart of any class. */
export function isManifestFile(chart: Chart): chart is ManifestFile {
  return 'path' in chart && typeof chart.path === 'string' && 'transform' in chart;
}
