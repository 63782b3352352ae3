import { App } from 'cdk8s';
import type { Catalog } from '../lib/catalog';
import { planUnits } from '../lib/charts';
import { ManifestFile } from '../lib/constructs';
import type { KubeObject } from '../lib/kube';

/** A file of the output: its path and its documents, before they become YAML. */
export interface RenderedFile {
  readonly cluster: string;
  readonly path: string;
  readonly objects: readonly KubeObject[];
}

/** Everything that a catalog makes, by the stock last mile of cdk8s: what the engine must agree with. */
export function renderCatalog(catalog: Catalog): RenderedFile[] {
  return planUnits(catalog).flatMap((unit) => {
    const app = new App({ outdir: 'unused' });
    unit.build(app);
    return app.node
      .findAll()
      .filter((node): node is ManifestFile => node instanceof ManifestFile)
      .map((file) => ({ cluster: unit.cluster, path: file.path, objects: file.toJson() as KubeObject[] }));
  });
}
