import type { Chart } from 'cdk8s';
import { Construct, type IConstruct } from 'constructs';
import type { Callbacks, Configure } from './callbacks';
import type { Inputs } from './inputs';

/** What marks a chart for cdk8s; a service is one, so that a dependency on it leads to a chart, and cdk8s is not loaded for it. */
const CHART = Symbol.for('cdk8s.Chart');

/** The layers of the platform. */
export type PlatformLayer = 'crds' | 'monitoring' | 'mesh' | 'flagger' | 'mesh-config';

/** Where a layer of one's own stands in the order. */
export interface AddLayerProps {
  /** The layer that is ready before it; `cluster.apps`: after the last wave of services. */
  readonly after: LayerScope | string;
  /** A layer that must come later: refused when it does not. @default none */
  readonly before?: LayerScope | string;
}

/**
 * A layer of one cluster. Charts below become `clusters/<cluster>/<layer>/<chart>.yaml` and a line in the folder's
 * `kustomization.yaml`; in `apps` the folder is that of a wave. Names that cdk8s generates do not have the cluster and the layer in them:
 * a chart gives the same names in every cluster, and in an App of its own.
 */
export class LayerScope extends Construct {
  readonly name: string;
  readonly cluster: ClusterScope;

  /** @internal Use `cluster.layer` and `cluster.addLayer`. */
  constructor(cluster: ClusterScope, name: string) {
    super(cluster, name);
    this.name = name;
    this.cluster = cluster;
    beRootOfNames(this);
  }
}

/** The parts of a node from which constructs makes paths and addresses. */
interface NodeInternals {
  path: string;
  _scopes?: IConstruct[];
}

/** What is below has the path and the address that it would have at the root. */
function beRootOfNames(scope: Construct): void {
  const node = scope.node as unknown as NodeInternals;
  // An older constructs computes both from the scopes: names then begin with cluster and layer.
  if (!Array.isArray(node._scopes)) return;
  node._scopes = node._scopes.slice(0, 1);
  node.path = '';
}

/** One cluster. A scope of its own, as a Stage is in the AWS CDK: nothing in it may depend on another cluster. */
export class ClusterScope extends Construct {
  readonly name: string;
  /** The namespace of the catalog's services; `default` without a catalog. */
  readonly namespace: string;
  /** The services' layer: a chart goes into the wave after all that it depends on, into the first one without. */
  readonly apps: LayerScope;
  /** Layers of one's own, in the order in which they were added. */
  readonly addedLayers: { readonly layer: LayerScope; readonly after: string; readonly before?: string }[] = [];
  private readonly layers = new Map<string, LayerScope>();

  /** @internal Use `app.cluster`. */
  constructor(scope: Construct, name: string, namespace: string) {
    super(scope, name);
    this.name = name;
    this.namespace = namespace;
    this.apps = this.layer('apps');
  }

  /** A layer of the platform, or one that `addLayer` made. One that the cluster does not have is an error of the run. */
  layer(name: PlatformLayer | (string & {})): LayerScope {
    const known = this.layers.get(name);
    if (known) return known;
    const made = new LayerScope(this, name);
    this.layers.set(name, made);
    return made;
  }

  /** Adds a layer with a Flux Kustomization of its own. Several after the same one come in the order of these calls. */
  addLayer(name: string, { after, before }: AddLayerProps): LayerScope {
    if (this.addedLayers.some(({ layer }) => layer.name === name))
      throw new Error(`cluster "${this.name}" has a layer "${name}" already`);
    const nameOf = (layer: LayerScope | string): string => {
      if (typeof layer === 'string') return layer;
      if (layer.cluster !== this)
        throw new Error(`layer "${layer.name}" is of cluster "${layer.cluster.name}", not of "${this.name}"`);
      return layer.name;
    };
    const layer = this.layer(name);
    this.addedLayers.push({
      layer,
      after: nameOf(after),
      ...(before === undefined ? {} : { before: nameOf(before) }),
    });
    return layer;
  }
}

/** A service of the catalog: something that charts depend on, and that callbacks change. It has no objects of its own here. */
export class ServiceRef extends Construct {
  readonly name: string;
  private readonly callbacks: Callbacks;

  /** @internal Use `app.service`. */
  constructor(scope: Construct, name: string, callbacks: Callbacks) {
    super(scope, name);
    this.name = name;
    this.callbacks = callbacks;
    Object.defineProperty(this, CHART, { value: true });
  }

  /**
   * Changes what the catalog makes of the service, in each cluster that has it, after it is built and before it is rendered.
   * @param inputs what the code reads besides itself; without them a unit in the cache is not made again when that changes
   */
  configure(change: Configure, inputs: Inputs = {}): this {
    this.callbacks.configure(this.name, change, inputs);
    return this;
  }

  /** For cdk8s, which asks every chart: it has none. */
  toJson(): unknown[] {
    return [];
  }
}

/** A file that is only built when its input is another one: something that charts and services depend on. It has no objects here. */
export class GeneratedUnit extends Construct {
  /** @internal */
  readonly of: { readonly inputs: Inputs & { readonly rolloutSeconds?: number }; readonly build: BuildUnit };

  /** @internal Use `app.addUnit`. */
  constructor(layer: LayerScope, id: string, of: GeneratedUnit['of']) {
    super(layer, id);
    this.of = of;
    Object.defineProperty(this, CHART, { value: true });
  }

  /** For cdk8s, which asks every chart: it has none yet. */
  toJson(): unknown[] {
    return [];
  }
}

/** Adds the objects of a unit to its chart. */
export type BuildUnit = (chart: Chart, input: never) => void;
