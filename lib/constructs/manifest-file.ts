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

  /** Last change to the rendered objects of this file, in place of none: patches. Engine and `toJson` both call it. */
  transform(objects: unknown[]): unknown[] {
    return objects;
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
