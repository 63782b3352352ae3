import { existsSync } from 'node:fs';
import type { App, Chart, IResolver, YamlOutputType } from 'cdk8s';
import { Construct, type IConstruct, type IMixin } from 'constructs';
import { formatText, hasError } from '../findings';
import type { KubeObject } from '../kube';
import { Callbacks, type Check, type Transform } from './callbacks';
import { type CatalogOutline, outlineOf, readOutline } from './catalog-outline';
import type { Inputs } from './inputs';
import { recordOrigins } from './origins';
import { started, synthesizes } from './run';
import { type BuildUnit, ClusterScope, GeneratedUnit, LayerScope, ServiceRef } from './scopes';
import type { AviaryAppProps, CatalogData, SynthOutcome } from './synthesized-app';

/** For TypeScript a cdk8s App; while running only a Construct, as a catalog alone needs nothing of cdk8s. */
const Base = Construct as unknown as new (scope: undefined, id: string) => App;

/**
 * A cdk8s app that holds what a catalog gives: add charts to the layers of its clusters, change what the catalog makes, check what comes out.
 *
 * @example
 * const app = new AviaryApp();
 * for (const cluster of app.clusters) {
 *   const chart = new Chart(cluster.apps, 'gifts', { namespace: cluster.namespace });
 *   chart.node.addDependency(app.service('cartservice'));
 *   new ApiObject(chart, 'settings', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'gifts' }, data: { wrap: 'red' } });
 * }
 * app.synth();
 */
export class AviaryApp extends Base {
  /** The catalog's file or content; undefined without one. */
  readonly catalog: string | CatalogData | undefined;
  override readonly outdir: string;
  override readonly outputFileExtension: string;
  override readonly yamlOutputType: YamlOutputType;
  /** @internal */
  readonly props: AviaryAppProps;
  /** @internal */
  readonly callbacks = new Callbacks();
  private readonly clusterScopes = new Map<string, ClusterScope>();
  private readonly services: Construct;
  private known: CatalogOutline | undefined;
  /** Those of the props, then cdk8s's own, as the App of cdk8s has them. */
  declare readonly resolvers: IResolver[];

  constructor(props: AviaryAppProps = {}) {
    super(undefined, '');
    this.props = props;
    recordOrigins(this);
    const run = started(this);
    const catalog = run.catalog ?? props.catalog ?? process.env.AVIARY_CATALOG ?? usualCatalog();
    this.catalog = catalog === false ? undefined : catalog;
    this.outdir = run.outdir ?? props.outdir ?? process.env.CDK8S_OUTDIR ?? 'dist';
    this.outputFileExtension = props.outputFileExtension ?? '.k8s.yaml';
    // FILE_PER_CHART, as cdk8s has it; its enum would load cdk8s.
    this.yamlOutputType = props.yamlOutputType ?? (1 as YamlOutputType);
    this.services = new Construct(this, 'services');
    // Made when they are asked for: that loads cdk8s.
    let resolvers: IResolver[] | undefined;
    Object.defineProperty(this, 'resolvers', { get: () => (resolvers ??= allResolvers(props.resolvers)) });
  }

  /** The clusters of the catalog, in its order; without a catalog those that were asked for. */
  get clusters(): readonly ClusterScope[] {
    for (const name of this.outline.clusters) this.cluster(name);
    return [...this.clusterScopes.values()];
  }

  /** A cluster of the catalog. Another name is an error of the run, which says the nearest. */
  cluster(name: string): ClusterScope {
    const known = this.clusterScopes.get(name);
    if (known) return known;
    const made = new ClusterScope(this, name, this.outline.namespace ?? 'default');
    this.clusterScopes.set(name, made);
    return made;
  }

  /** A service of the catalog, in every cluster that has it: what charts depend on, and what `configure` changes. */
  service(name: string): ServiceRef {
    const known = this.services.node.tryFindChild(name);
    return known instanceof ServiceRef ? known : new ServiceRef(this.services, name, this.callbacks);
  }

  /**
   * Adds a file whose code only runs when its input is another one: for generators that take their time. The chart of `build` has no
   * hashes in its names.
   * @param inputs `input` is plain data and handed to `build`; what that reads besides are `files` and `env`. `rolloutSeconds`: the longest
   * rollout, where it makes a Canary
   */
  addUnit<T>(
    layer: LayerScope,
    id: string,
    inputs: Inputs & { readonly input?: T; readonly rolloutSeconds?: number },
    build: (chart: Chart, input: T) => void,
  ): GeneratedUnit {
    return new GeneratedUnit(layer, id, { inputs, build: build as BuildUnit });
  }

  /** Applies a mixin to all charts and their constructs, the catalog's too, when they are built. Lower priorities come first. */
  apply(mixin: IMixin, options: Inputs & { readonly priority?: number } = {}): this {
    this.callbacks.apply(mixin, options);
    return this;
  }

  /**
   * Changes each rendered object: after the generated classes and after patches. Undefined leaves the object out.
   * @param id for messages; unique
   */
  transform(id: string, change: Transform, inputs: Inputs = {}): this {
    this.callbacks.transform(id, change, inputs);
    return this;
  }

  /**
   * Looks at all objects before anything is written; an error leaves the output folder as it is.
   * @param id the code of its findings: lower-case words with hyphens
   */
  check(id: string, check: Check, inputs: Inputs = {}): this {
    this.callbacks.check(id, check, inputs);
    return this;
  }

  /**
   * All objects by path below the output folder, for tests: reads the catalog, writes nothing, checks nothing but what is needed to build.
   * @throws Error with all findings when the catalog or a chart is wrong
   */
  render(): ReadonlyMap<string, readonly KubeObject[]> {
    const { renderApp } = require('./render-app') as typeof import('./render-app');
    const { files, findings } = renderApp(this);
    if (hasError(findings)) throw new Error(`\n${formatText(findings)}`);
    return files;
  }

  /** Writes the tree and tells what came of it; the process ends with 1 where an error stopped it. */
  override synth(): Promise<SynthOutcome> {
    const { synthApp } = require('./synth-app') as typeof import('./synth-app');
    return synthesizes(synthApp(this));
  }

  /** All objects as one text, the clusters one after the other. */
  override synthYaml(): string {
    const { YamlEmitter } = require('../synth') as typeof import('../synth');
    return new YamlEmitter().file([...this.render().values()].flat());
  }

  /** The charts that were added, in the order of their dependencies. */
  override get charts(): Chart[] {
    const { orderObjects } = require('../synth/render') as typeof import('../synth/render');
    return orderObjects(this.node.findAll())
      .map(({ chart }) => chart)
      .filter((chart) => !(chart instanceof ServiceRef || chart instanceof GeneratedUnit));
  }

  /** Whether somebody has added or changed anything. */
  get isExtended(): boolean {
    const isOwn = (scope: IConstruct): boolean =>
      scope.node.dependencies.length > 0 ||
      (scope instanceof ClusterScope && scope.addedLayers.length > 0) ||
      scope.node.children.some((child) => !this.isScope(child) || isOwn(child));
    return !this.callbacks.isEmpty || (this.props.resolvers ?? []).length > 0 || isOwn(this);
  }

  /** What the app makes by itself. A cluster that the catalog does not have is somebody's wish. */
  private isScope(one: IConstruct): boolean {
    if (one instanceof ClusterScope) return this.outline.clusters.includes(one.name);
    return one instanceof LayerScope || one instanceof ServiceRef || one === this.services;
  }

  private get outline(): CatalogOutline {
    this.known ??= this.catalog === undefined ? outlineOf('') : this.readOutline(this.catalog);
    return this.known;
  }

  private readOutline(catalog: string | CatalogData): CatalogOutline {
    return typeof catalog === 'string' ? readOutline(catalog) : outlineOf(JSON.stringify(catalog));
  }
}

/** The one that is here. */
function usualCatalog(): string {
  // Most have this one: to look for it costs less than the module that knows the others.
  if (existsSync('services.json')) return 'services.json';
  const { defaultCatalog } = require('../synth') as typeof import('../synth');
  return defaultCatalog();
}

function allResolvers(own: readonly IResolver[] = []): IResolver[] {
  const { ImplicitTokenResolver, LazyResolver, NumberStringUnionResolver } = require('cdk8s') as typeof import('cdk8s');
  return [...own, new LazyResolver(), new ImplicitTokenResolver(), new NumberStringUnionResolver()];
}
