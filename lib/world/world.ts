import { type LabelSelector, parseServiceHost, type ServiceHost, textAt } from '../kube';
import { ByName, computedOnce, ListsByName, push } from './by-name';
import { callGraph } from './call-graph';
import { CanaryView } from './canary';
import type { Edge } from './edge';
import { describeEntry, type Entry, givenEntry, type WorldInput } from './entry';
import type { Fact, WorldFacts } from './facts';
import { type FluxKustomizationView, readFluxKustomization } from './flux-kustomization';
import { type HelmReleaseView, readArgoChart, readHelmRelease, readK3sChart } from './helm-release';
import {
  type FlaggerInstallation,
  findFlagger,
  findIstio,
  findScrapeInterval,
  type IstioInstallation,
} from './installations';
import { KustomizationIndex } from './kustomization-index';
import { Lazy } from './lazy';
import { MadeIndex } from './made-index';
import { NamespaceInjections } from './namespace-injections';
import { ObjectIndex } from './object-index';
import { PolicyIndex, type SelectingKind } from './policy-index';
import { type RouteView, readRoute } from './route';
import { RouteIndex } from './route-index';
import { ScalerIndex } from './scaler-index';
import { LabelIndex, SelectorIndex } from './selector-index';
import { ServiceView } from './service';
import { type NamespaceInjection, Workload } from './workload';

/** Two written objects of one identity: the later one is applied over the earlier one. */
export interface Duplicate {
  readonly first: Entry;
  readonly again: Entry;
}

const newGroups = (): Map<string, readonly Entry[]> => new Map();
const workloadKinds = ['Deployment', 'DaemonSet', 'StatefulSet', 'ReplicaSet', 'Job', 'CronJob', 'Pod'];
/** Kinds that exist in several groups: the group that is meant when nobody names one. */
const usualGroups: Readonly<Record<string, string>> = {
  Service: '',
  Canary: 'flagger.app',
  Kustomization: 'kustomize.toolkit.fluxcd.io',
};

/**
 * Every object that one cluster will hold, by index: what somebody wrote, and what Flagger makes of it once its Canaries
 * are initialized (primary, three Services, routes, copies of scaler and config). Built in one pass; views and indexes
 * are made at the first question and kept, so a question costs what it looks at.
 */
export class World {
  readonly facts: WorldFacts;
  private readonly written: Entry[] = [];
  private readonly writtenIndex = new ObjectIndex();
  private readonly canaryViews = new ByName<CanaryView>();
  private readonly canaryList: CanaryView[] = [];
  private readonly made = new MadeIndex(this.canaryList, this.writtenIndex, () => this.flagger);
  private readonly canaryByTarget = new Map<string, ByName<CanaryView>>();
  private readonly duplicateEntries: Duplicate[] = [];

  constructor(written: readonly Entry[], facts: WorldFacts = {}) {
    this.facts = facts;
    for (const entry of written) this.addWritten(entry);
    for (const entry of this.writtenOfKind('Canary')) this.addCanary(entry);
  }

  private addWritten(entry: Entry): void {
    const first = this.writtenIndex.add(entry);
    if (first) this.duplicateEntries.push({ first, again: entry });
    else this.written.push(entry);
  }

  private addCanary(entry: Entry): void {
    const view = new CanaryView(this, entry);
    this.canaryViews.set(view.namespace, view.name, view);
    this.canaryList.push(view);
    const { kind, name } = view.targetRef;
    const targets = computedOnce(this.canaryByTarget, kind, () => new ByName());
    // Two Canaries of one target fight; the first one counts.
    targets.add(entry.namespace, name, view);
  }

  /** Everything that somebody wrote, in the order in which it came, duplicates left out. */
  entries(): readonly Entry[] {
    return this.written;
  }
  /** Objects of one identity that are written twice. */
  duplicates(): readonly Duplicate[] {
    return this.duplicateEntries;
  }
  /** Objects of a kind as the cluster will hold them, those that Flagger makes included. */
  ofKind(kind: string, group?: string): readonly Entry[] {
    const groups = computedOnce(this.kinds, kind, newGroups);
    return computedOnce(groups, group ?? '', () => this.listKind(kind, group));
  }
  private readonly kinds = new Map<string, Map<string, readonly Entry[]>>();
  private listKind(kind: string, group: string | undefined): readonly Entry[] {
    const usual = group ?? usualGroups[kind];
    const made = this.made.ofKind(kind, usual);
    const written = this.writtenIndex.ofKind(kind, usual);
    if (made.length === 0) return written;
    const replaced = new Set(made.map(({ replaces }) => replaces));
    return [...written.filter((entry) => !replaced.has(entry)), ...made];
  }
  /** Objects of a kind as somebody wrote them, those that Flagger will take over included. */
  writtenOfKind(kind: string, group?: string): readonly Entry[] {
    const groups = computedOnce(this.writtenKinds, kind, newGroups);
    return computedOnce(groups, group ?? '', () => this.writtenIndex.ofKind(kind, group ?? usualGroups[kind]));
  }
  private readonly writtenKinds = new Map<string, Map<string, readonly Entry[]>>();
  /** Objects of a kind as somebody wrote them, without those that Flagger takes over. */
  private leftOfKind(kind: string): readonly Entry[] {
    return this.writtenOfKind(kind).filter((entry) => !this.isTakenOver(entry));
  }
  /** Whether Flagger makes an object in place of the written one. */
  isTakenOver(written: Entry): boolean {
    return this.made.replaces(written);
  }
  /** Objects of a kind in a namespace, as the cluster will hold them. */
  inNamespace(kind: string, namespace: string): readonly Entry[] {
    const index = computedOnce(this.namespaces, kind, () => {
      const byNamespace = new Map<string, Entry[]>();
      for (const entry of this.ofKind(kind)) push(byNamespace, entry.namespace, entry);
      return byNamespace;
    });
    return index.get(namespace) ?? [];
  }
  private readonly namespaces = new Map<string, ReadonlyMap<string, readonly Entry[]>>();
  /** An object as the cluster will hold it. */
  find(kind: string, namespace: string, name: string, group?: string): Entry | undefined {
    const usual = group ?? usualGroups[kind];
    return this.made.find(kind, namespace, name, usual) ?? this.writtenIndex.find(kind, namespace, name, usual);
  }
  /** An object as somebody wrote it. */
  given(kind: string, namespace: string, name: string, group?: string): Entry | undefined {
    return this.writtenIndex.find(kind, namespace, name, group ?? usualGroups[kind]);
  }
  /** Whether the cluster will hold the object. */
  has(kind: string, namespace: string, name: string, group?: string): boolean {
    return (this.given(kind, namespace, name, group) ?? this.find(kind, namespace, name, group)) !== undefined;
  }
  /** Whether the object is in the world, or is stated to be in the cluster (`exists` in the facts). */
  mayExist(kind: string, namespace: string, name: string): boolean {
    return this.has(kind, namespace, name) || this.isStated(describeEntry({ kind, namespace, name }));
  }

  /** An object of the name that can be meant in every namespace: nobody wrote its own, and whoever applies it says where it goes. */
  unplaced(kind: string, name: string, group?: string): Entry | undefined {
    if (this.facts.defaultNamespace !== undefined) return undefined;
    return this.writtenOfKind(kind, group).find(
      (entry) => entry.name === name && entry.isNamespaceAssumed && !entry.appliedBy,
    );
  }

  private isStated(object: string): boolean {
    return this.stated.value.some((pattern) => pattern.test(object));
  }
  private readonly stated = new Lazy(() =>
    (this.facts.exists ?? []).map((pattern) => new RegExp(`^${pattern.split('*').map(escapeRegExp).join('.*')}$`)),
  );

  canaries(): readonly CanaryView[] {
    return this.canaryList;
  }
  canary(namespace: string, name: string): CanaryView | undefined {
    return this.canaryViews.get(namespace, name);
  }
  /** The Canary whose `targetRef` names the workload; none for what Flagger makes. */
  canaryOfTarget({ kind, namespace, name, madeBy }: Entry): CanaryView | undefined {
    return madeBy ? undefined : this.canaryByTarget.get(kind)?.get(namespace, name);
  }
  /** The Canary that makes the Service of this name: apex, primary or canary. */
  canaryOfService(namespace: string, name: string): CanaryView | undefined {
    return this.service(namespace, name)?.canary;
  }

  /** Everything that runs pods, primaries included. */
  workloads(): readonly Workload[] {
    return this.allWorkloads.value;
  }
  private readonly allWorkloads = new Lazy(() =>
    workloadKinds.flatMap((kind) => this.ofKind(kind).map((entry) => this.workloadOf(entry))),
  );
  /** Those that somebody wrote, as far as Flagger makes none in their place. */
  writtenWorkloads(): readonly Workload[] {
    return this.leftWorkloads.value;
  }
  private readonly leftWorkloads = new Lazy(() =>
    workloadKinds.flatMap((kind) => this.leftOfKind(kind).map((entry) => this.workloadOf(entry))),
  );
  workload(kind: string, namespace: string, name: string): Workload | undefined {
    return this.asWorkload(this.find(kind, namespace, name));
  }
  /** One that somebody wrote. */
  writtenWorkload(kind: string, namespace: string, name: string): Workload | undefined {
    return this.asWorkload(this.given(kind, namespace, name));
  }
  private asWorkload(entry: Entry | undefined): Workload | undefined {
    return entry && workloadKinds.includes(entry.kind) ? this.workloadOf(entry) : undefined;
  }
  private readonly workloadViews = new Map<Entry, Workload>();
  private workloadOf(entry: Entry): Workload {
    const known = this.workloadViews.get(entry);
    if (known) return known;
    const view = new Workload(this, entry);
    this.workloadViews.set(entry, view);
    return view;
  }
  /** Workloads of a namespace whose pods have the labels. */
  workloadsWith(namespace: string, matchLabels: Readonly<Record<string, string>>): readonly Workload[] {
    return this.workloadsMatching(namespace, { matchLabels });
  }
  /** Workloads of a namespace whose pods the selector selects. */
  workloadsMatching(namespace: string, selector: LabelSelector): readonly Workload[] {
    const written = this.writtenByLabel.value.matching(namespace, selector);
    const canaries = this.primariesByLabel.value.matching(namespace, selector);
    if (canaries.length === 0) return written;
    const primaries = new Set(canaries.flatMap(({ primary }) => primary ?? []));
    const rank = ({ kind }: Workload) => workloadKinds.indexOf(kind);
    return [...written, ...primaries].sort((a, b) => rank(a) - rank(b));
  }
  /** The same without what Flagger makes or replaces. */
  writtenWorkloadsWith(namespace: string, matchLabels: Readonly<Record<string, string>>): readonly Workload[] {
    return this.writtenByLabel.value.matching(namespace, { matchLabels });
  }
  private readonly writtenByLabel = new Lazy(() => {
    const labels = new LabelIndex<Workload>();
    for (const workload of this.writtenWorkloads()) labels.add(workload.namespace, workload.podLabels, workload);
    return labels;
  });
  private readonly primariesByLabel = new Lazy(() => {
    const labels = new LabelIndex<CanaryView>();
    for (const canary of this.canaryList)
      if (canary.makesPrimary) labels.add(canary.namespace, canary.primaryPodLabels ?? {}, canary);
    return labels;
  });

  services(): readonly ServiceView[] {
    return this.allServices.value;
  }
  private readonly allServices = new Lazy(() => this.ofKind('Service').map((entry) => this.serviceOf(entry)));
  service(namespace: string, name: string): ServiceView | undefined {
    const known = this.serviceViews.get(namespace, name);
    if (known) return known;
    const entry = this.find('Service', namespace, name);
    return entry && this.serviceOf(entry);
  }
  private readonly serviceViews = new ByName<ServiceView>();
  private serviceOf(entry: Entry): ServiceView {
    const known = this.serviceViews.get(entry.namespace, entry.name);
    if (known) return known;
    const view = new ServiceView(this, entry);
    this.serviceViews.set(entry.namespace, entry.name, view);
    return view;
  }
  /** What a DNS name means to Flagger. */
  serviceNamed(host: string): ServiceHost | undefined {
    const known = this.namedServices.get(host);
    if (known) return known;
    const named = parseServiceHost(host, this.flagger.namespace.value);
    if (named) this.namedServices.set(host, named);
    return named;
  }
  private readonly namedServices = new Map<string, ServiceHost>();
  /** The Service that a DNS name means to a pod of the namespace. */
  serviceAt(host: string, namespace: string): ServiceView | undefined {
    const found = parseServiceHost(host, namespace);
    return found && this.service(found.namespace, found.name);
  }
  /** Services that select the workload's pods. */
  servicesOf(workload: Workload): readonly ServiceView[] {
    return this.servicesBySelector.value.matching(workload.namespace, workload.podLabels);
  }
  private readonly servicesBySelector = new Lazy(() => indexServices(this.services()));
  /** The same without those that Flagger makes or takes over. */
  writtenServicesOf(workload: Workload): readonly ServiceView[] {
    return this.writtenBySelector.value.matching(workload.namespace, workload.podLabels);
  }
  private readonly writtenBySelector = new Lazy(() =>
    indexServices(this.leftOfKind('Service').map((entry) => this.serviceOf(entry))),
  );

  /** VirtualServices, routes of the Gateway API and Ingresses that somebody wrote, as far as Flagger makes none in their place. */
  writtenRoutes(): readonly RouteView[] {
    return this.routes.all();
  }
  /** Routes that somebody wrote with the Service among their backends; copies (mirrors) count. */
  writtenRoutesTo(namespace: string, name: string): readonly RouteView[] {
    return this.routes.to(namespace, name);
  }
  /** Routes that somebody wrote with exactly this host. */
  writtenRoutesWithHost(host: string): readonly RouteView[] {
    return this.routes.withHost(host);
  }
  private readonly routes = new RouteIndex((kind) => this.leftOfKind(kind));
  /** The route that Flagger makes of the Canary, where it is bound to a gateway. */
  private gatewayRouteOf(canary: CanaryView): RouteView | undefined {
    const kind = canary.isIstio ? 'VirtualService' : 'HTTPRoute';
    const isBound = canary.isIstio ? canary.gateways.some((one) => one !== 'mesh') : canary.gatewayRefs.length > 0;
    const entry = isBound ? this.made.of(canary, kind)[0] : undefined;
    const route = entry && readRoute(entry);
    return route?.isGateway ? route : undefined;
  }
  /** A Gateway of Istio (`networking.istio.io`) or of the Gateway API, by `namespace/name`. */
  gateway(reference: string, group?: string): Entry | undefined {
    const [namespace = '', name = ''] = reference.split('/');
    return this.find('Gateway', namespace, name, group);
  }
  /** DestinationRules that somebody wrote whose host means the Service. */
  writtenDestinationRulesOf(namespace: string, name: string): readonly Entry[] {
    return this.destinationRules.value.get(namespace, name) ?? [];
  }
  private readonly destinationRules = new Lazy(() => {
    const byService = new ListsByName<Entry>();
    for (const entry of this.writtenOfKind('DestinationRule')) {
      const host = parseServiceHost(textAt(entry.object, 'spec', 'host') ?? '', entry.namespace);
      if (host) byService.add(host.namespace, host.name, entry);
    }
    return byService;
  });

  /** HorizontalPodAutoscalers and ScaledObjects whose `scaleTargetRef` names the workload. */
  autoscalersOf(workload: Pick<Workload, 'kind' | 'namespace' | 'name'>): readonly Entry[] {
    return this.scalers.of(workload);
  }
  /** The same without those that Flagger makes or replaces. */
  writtenAutoscalersOf(workload: Pick<Workload, 'kind' | 'namespace' | 'name'>): readonly Entry[] {
    return this.scalers.writtenOf(workload);
  }
  private readonly scalers = new ScalerIndex(this.made, (kind) => this.leftOfKind(kind));
  /**
   * Objects of a kind that select the workload's pods by label: PodDisruptionBudget, NetworkPolicy,
   * AuthorizationPolicy, PeerAuthentication, RequestAuthentication, Telemetry, Sidecar, PodMonitor. For Istio's kinds those of
   * the root namespace and those without a selector count too.
   */
  selecting(kind: SelectingKind, workload: Pick<Workload, 'namespace' | 'podLabels'>): readonly Entry[] {
    return this.policies.selecting(kind, workload);
  }
  private readonly policies = new PolicyIndex(this);
  /** Where Istio's policies for the whole mesh live. */
  get istioRootNamespace(): string {
    return this.rootNamespace.value;
  }
  private readonly rootNamespace = new Lazy(() => textAt(this.istio.meshConfig, 'rootNamespace') || 'istio-system');

  helmReleases(): readonly HelmReleaseView[] {
    return this.releases.value;
  }
  private readonly releases = new Lazy(() => [
    ...this.writtenOfKind('HelmRelease').map((entry) =>
      readHelmRelease(entry, (kind, namespace, name) => this.given(kind, namespace, name)),
    ),
    ...this.writtenOfKind('Application', 'argoproj.io').flatMap((entry) => readArgoChart(entry) ?? []),
    ...this.writtenOfKind('HelmChart', 'helm.cattle.io').map(readK3sChart),
  ]);
  fluxKustomizations(): readonly FluxKustomizationView[] {
    return this.kustomizations.value;
  }
  private readonly kustomizations = new Lazy(() => this.writtenOfKind('Kustomization').map(readFluxKustomization));
  /** The Flux Kustomizations whose `healthChecks` name the object. */
  fluxKustomizationsChecking(kind: string, namespace: string, name: string): readonly FluxKustomizationView[] {
    return this.kustomizationIndex.checking(kind, namespace, name);
  }
  /** The Flux Kustomization whose path holds the file of the object: the longest one. */
  kustomizationOf(entry: Entry): FluxKustomizationView | undefined {
    return this.kustomizationIndex.of(entry);
  }
  private readonly kustomizationIndex = new KustomizationIndex(() => this.fluxKustomizations());

  get flagger(): FlaggerInstallation {
    return this.flaggerInstallation.value;
  }
  private readonly flaggerInstallation = new Lazy(() => findFlagger(this.installationSources()));
  get istio(): IstioInstallation {
    return this.istioInstallation.value;
  }
  private readonly istioInstallation = new Lazy(() => findIstio(this.installationSources()));
  /** Seconds between two samples of the series that Flagger asks for. */
  get scrapeInterval(): Fact<number> {
    return this.scrapes.value;
  }
  private readonly scrapes = new Lazy(() => findScrapeInterval(this.installationSources()));
  private installationSources() {
    return {
      helmReleases: this.helmReleases(),
      ofKind: (kind: string) => this.writtenOfKind(kind),
      facts: this.facts,
    };
  }

  /** What a namespace says about sidecars. */
  namespaceInjection(namespace: string): NamespaceInjection {
    return this.injections.of(namespace);
  }
  private readonly injections = new NamespaceInjections(this);

  /** Every edge of the call graph that ends at the Service. */
  edgesTo(namespace: string, name: string): readonly Edge[] {
    return this.graph.value.get(namespace, name) ?? [];
  }
  /** Every edge of the call graph. */
  edges(): readonly Edge[] {
    return this.allEdges.value;
  }
  private readonly allEdges = new Lazy(() => [...this.graph.value.values()].flat());
  private readonly graph = new Lazy(() =>
    callGraph({
      workloads: this.writtenWorkloads(),
      routes: [...this.writtenRoutes(), ...this.canaryList.flatMap((canary) => this.gatewayRouteOf(canary) ?? [])],
      canaries: this.canaryList,
      hasService: (namespace, name) => this.has('Service', namespace, name),
      configMap: (namespace, name) => this.given('ConfigMap', namespace, name),
    }),
  );
  /** Requests a second that somebody states for a Service: `namespace/name`. */
  statedRequests(service: string): number | undefined {
    return this.facts.requestsPerSecond?.[service];
  }
}

function indexServices(services: readonly ServiceView[]): SelectorIndex<ServiceView> {
  const selectors = new SelectorIndex<ServiceView>();
  for (const service of services)
    if (Object.keys(service.selector).length > 0)
      selectors.add(service.namespace, { matchLabels: service.selector }, service);
  return selectors;
}

/** Takes in the objects of one cluster, one after the other: an input need not be kept. */
export class WorldBuilder {
  private readonly entries: Entry[] = [];

  constructor(private readonly facts: WorldFacts = {}) {}

  add(input: WorldInput): void {
    const { defaultNamespace = 'default' } = this.facts;
    this.entries.push(givenEntry(input, input.order ?? this.entries.length, defaultNamespace));
  }

  build(): World {
    return new World(this.entries, this.facts);
  }
}

/** The world of one cluster. */
export function buildWorld(inputs: Iterable<WorldInput>, facts: WorldFacts = {}): World {
  const builder = new WorldBuilder(facts);
  for (const input of inputs) builder.add(input);
  return builder.build();
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
