import { App, Chart, type ChartProps } from 'cdk8s';
import type { Construct } from 'constructs';

/** A chart's props, and the path of its file. */
export interface ManifestFileProps extends ChartProps {
  /** Path of the file below the output folder, with `/`: `clusters/production/apps/wave-0/frontend.yaml`. */
  readonly path: string;
}

/**
 * A chart that knows the path of its file: `AviaryApp` and `writeTree` write it there. `synth` of cdk8s's own App knows no paths; it
 * refuses then.
 * @example
 * const file = new ManifestFile(app, 'settings', { path: 'clusters/production/apps/settings.yaml', namespace: 'shop' });
 * new ApiObject(file, 'settings', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { paper: 'red' } });
 */
export class ManifestFile extends Chart {
  /** By its members: cdk8s's own `instanceof` says yes for a chart of any class. */
  static override [Symbol.hasInstance](one: unknown): one is ManifestFile {
    // biome-ignore lint/complexity/noThisInStatic: a subclass asks for itself.
    const { prototype } = this;
    return (
      Chart.isChart(one) &&
      (prototype === ManifestFile.prototype ? isManifestFile(one) : Object.prototype.isPrototypeOf.call(prototype, one))
    );
  }

  readonly path: string;

  constructor(scope: Construct, id: string, props: ManifestFileProps) {
    super(scope, id, { disableResourceNameHashes: true, ...props });
    this.path = props.path;
    refuseStockSynth(App.of(this), props.path);
  }

  /** Changes to the rendered objects of this file, in order: patches. What gives undefined is left out. */
  readonly transformations: ((object: unknown) => unknown)[] = [];

  /** Fill in what follows from the rendered and patched objects of this file; they may change the objects that they get. */
  readonly finishers: ((objects: readonly unknown[]) => void)[] = [];

  /** What is written of the rendered objects. Engine and `toJson` both call it. */
  transform(objects: unknown[]): unknown[] {
    const changed =
      this.transformations.length === 0
        ? objects
        : objects.map((object) => this.patched(object)).filter((object) => object !== undefined);
    for (const finish of this.finishers) finish(changed);
    return changed;
  }

  /** One rendered object with this file's changes. */
  patched(object: unknown): unknown {
    return this.transformations.reduce((before, change) => (before === undefined ? before : change(before)), object);
  }

  override toJson(): unknown[] {
    return this.transform(super.toJson());
  }
}

/**
 * A file of plain documents that are not Kubernetes objects: kustomize's `kustomization.yaml`.
 * @example
 * new PlainFile(app, 'list', {
 *   path: 'clusters/production/apps/kustomization.yaml',
 *   documents: [{ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources: ['settings.yaml'] }],
 * });
 */
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

/**
 * A file of other text than YAML documents: part of a Helm chart.
 * @example
 * new TextFile(app, 'notes', { path: 'charts/cart/templates/NOTES.txt', text: 'The cart is at {{ .Release.Namespace }}.' });
 */
export class TextFile extends ManifestFile {
  readonly text: string;

  constructor(scope: Construct, id: string, props: ManifestFileProps & { readonly text: string }) {
    super(scope, id, props);
    this.text = props.text;
  }

  override transform(): unknown[] {
    return [];
  }
}

/**
 * Objects that a controller makes of what stands in a file, such as those of a chart: checks see them, and nothing of them is
 * written.
 */
export class MadeObjects extends ManifestFile {
  readonly isWritten = false;
  private readonly objects: readonly unknown[];

  constructor(scope: Construct, id: string, props: ManifestFileProps & { readonly objects: readonly unknown[] }) {
    super(scope, id, props);
    this.objects = props.objects;
  }

  override transform(): unknown[] {
    return [...this.objects];
  }
}

/** By its members: cdk8s's `instanceof` says yes for a chart of any class. */
export function isManifestFile(chart: Chart): chart is ManifestFile {
  return 'path' in chart && typeof chart.path === 'string' && 'transform' in chart;
}

/** The tree would be flat files, and what points to its folders would find nothing. */
function refuseStockSynth(app: App, path: string): void {
  if (app.synth !== App.prototype.synth) return;
  app.synth = () => {
    throw new Error(
      `App.synth of cdk8s cannot write "${path}" where it belongs: it knows no folders. Use AviaryApp in place of App, or await writeTree(app, 'dist'), both of cdk8s-aviary`,
    );
  };
}
