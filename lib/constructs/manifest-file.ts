import { Chart, type ChartProps } from 'cdk8s';
import type { Construct } from 'constructs';

export interface ManifestFileProps extends ChartProps {
  /** Path of the file below the output folder, with `/`: `clusters/production/apps/wave-0/frontend.yaml`. */
  readonly path: string;
}

/** A chart that knows the path of its file. Under the stock cdk8s App the path is ignored and the chart's name rules. */
export class ManifestFile extends Chart {
  readonly path: string;

  constructor(scope: Construct, id: string, props: ManifestFileProps) {
    super(scope, id, { disableResourceNameHashes: true, ...props });
    this.path = props.path;
  }

  /** Changes to the rendered objects of this file, in order: patches. */
  readonly transformations: ((object: unknown) => unknown)[] = [];

  /** What is written of the rendered objects. Engine and `toJson` both call it. */
  transform(objects: unknown[]): unknown[] {
    if (this.transformations.length === 0) return objects;
    return objects.map((object) => this.transformations.reduce((changed, change) => change(changed), object));
  }

  override toJson(): unknown[] {
    return this.transform(super.toJson());
  }
}

/** A file of plain documents that are not Kubernetes objects: kustomize's `kustomization.yaml`. */
export class PlainFile extends ManifestFile {
  constructor(scope: Construct, id: string, props: ManifestFileProps & { readonly documents: readonly unknown[] }) {
    super(scope, id, props);
    this.documents = props.documents;
  }

  private readonly documents: readonly unknown[];

  override transform(): unknown[] {
    return [...this.documents];
  }
}
