import {
  type Catalog,
  calledServices,
  type Patch,
  type Platform,
  type ResolvedCluster,
  type ResolvedService,
  referredServices,
  resolveCluster,
  wavesOf,
} from '../catalog';
import type { HelmChartSource } from '../constructs';
import type { Finding } from '../findings';
import { type AnalysisTiming, analysisDefaults, defaults, mergedSpec, rolloutDuration } from '../flagger';
import { type Fields, fieldsAt, remembered } from '../kube';
import { MESH_FACTS, modeOf } from '../mesh';
import { connectionsOf, policyMode } from '../policies';
import { type ClusterAdditions, type PlacedAdditions, placeAdditions } from './additions';
import { DEFAULT_GATEWAY } from './already-installed';
import { exposedHosts } from './exposed-hosts';
import { gkeInput } from './gke';
import type {
  AddedPlatformLayer,
  DefaultDenyInput,
  NamespaceFacts,
  PlatformFacts,
  PlatformInput,
  RenderedManifest,
  ServiceInput,
  UnitInput,
  WaveInput,
} from './inputs';
import {
  clusterFolder,
  DEFAULT_DENY_LAYER,
  defaultDenyFile,
  defaultDenyUnit,
  hasParts,
  helmChartFolder,
  helmChartUnit,
  listUnit,
  managementUnit,
  PART_NAMES,
  partFolder,
  partName,
  partUnit,
  platformUnit,
  rawUnit,
  serviceFile,
  serviceFileName,
  serviceUnit,
  waveFolder,
  waveName,
  waveUnit,
} from './layout';
import { RAW_LAYER, type RawFile, type RawManifests, type RawSource, rawFolder } from './raw';
import { releaseForm } from './release-form';
import type { Unit } from './unit';

/** Loads the construct library: only when a unit really has to be built. */
function build(input: UnitInput, app: Parameters<Unit['build']>[0]): void {
  const { buildUnit } = require('./build') as typeof import('./build');
  buildUnit(app, input);
}

/** Which objects go into which file of which cluster. The catalog must have passed `loadCatalog`. */
export function planUnits(catalog: Catalog, raw: RawManifests = new Map()): Unit[] {
  return withShared(
    catalog,
    catalog.clusters.flatMap(({ name }) => planCluster(resolveCluster(catalog, name), undefined, raw.get(name))),
  );
}

/** Gives services in the Helm form what their releases need; adds a chart for each of them, and clusters themselves. */
function withShared(catalog: Catalog, units: readonly Unit[]): Unit[] {
  const variants = new Map<string, ServiceInput[]>();
  for (const { of, input } of units.filter(({ of: one }) => one && releaseForm(one.service) === 'helm'))
    push(variants, of!.service.name, input as ServiceInput);
  const management = catalog.clusters.flatMap(({ name }): Unit[] => {
    const input = gkeInput(resolveCluster(catalog, name));
    const id = managementUnit(name);
    return input ? [planned(id, id, input)] : [];
  });
  if (variants.size === 0) return [...units, ...management];
  const changed = units.map((unit): Unit => {
    const all = unit.of && variants.get(unit.of.service.name);
    const input = all?.find((one) => one === unit.input);
    if (!all || !input) return unit;
    const { name } = input.service;
    const rolloutSeconds = longestRolloutSeconds(input.service, input.platform);
    const helm = { variants: all, source: chartSource(catalog.platform, name), rolloutSeconds };
    return { ...planned(unit.id, unit.cluster, { ...input, helm }), of: unit.of! };
  });
  const charts = [...variants].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...changed,
    ...management,
    ...charts.map(([name, all]) =>
      planned(helmChartUnit(name), '', { kind: 'helm', name, folder: helmChartFolder(name), variants: all }),
    ),
  ];
}

const planned = (id: string, cluster: string, input: UnitInput): Unit => ({
  id,
  cluster,
  input,
  build: (app) => build(input, app),
});

/** A service's unit; most runs ask for the input of none or of few. */
function plannedService(id: string, cluster: string, of: NonNullable<Unit['of']>, make: () => ServiceInput): Unit {
  const input = late(make);
  return {
    id,
    cluster,
    of,
    get input() {
      return input();
    },
    build: (app) => build(input(), app),
  };
}

/** Made when it is asked for. */
function late<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function push<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Where Flux finds the chart of a service. */
function chartSource({ charts, gitops }: Platform, service: string): HelmChartSource {
  if (charts) {
    const { oci, secretName, provider } = charts;
    return { kind: 'OCIRepository', url: `${oci.replace(/\/+$/, '')}/${service}`, secretName, provider };
  }
  const parts = [gitops.path ?? '', helmChartFolder(service)].flatMap((part) => part.split('/'));
  const path = `./${parts.filter((part) => part !== '' && part !== '.').join('/')}`;
  // What FluxBootstrap and the Flux Operator name the tree's own source.
  return { kind: 'GitRepository', name: 'flux-system', namespace: 'flux-system', path };
}

/** A catalog's units with what somebody adds to its clusters. */
export interface ExtendedPlan {
  readonly units: readonly Unit[];
  readonly findings: readonly Finding[];
  /** Folders of the added files below the output folder, by cluster and id. */
  readonly folders: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** The same with added files in its folders and lists. */
export function planExtended(
  catalog: Catalog,
  additions: Readonly<Record<string, ClusterAdditions | undefined>>,
  raw: RawManifests = new Map(),
): ExtendedPlan {
  const findings: Finding[] = [];
  const folders = new Map<string, ReadonlyMap<string, string>>();
  const units = catalog.clusters.flatMap(({ name }) => {
    const resolved = resolveCluster(catalog, name);
    const added = additions[name];
    if (!added) return planCluster(resolved, undefined, raw.get(name));
    const stated = new Map(resolved.services.map((service) => [service.name, service.wave]));
    const placed = placeAdditions(name, added, wavesOf(resolved.services).graph, (service) => stated.get(service));
    findings.push(...placed.findings);
    folders.set(name, new Map([...placed.folders].map(([id, folder]) => [id, `${clusterFolder(name)}/${folder}`])));
    return planCluster(resolved, placed, raw.get(name));
  });
  return { units: withShared(catalog, units), findings, folders };
}

/** The lists of added files alone, for clusters that no catalog describes. */
export function planAdditions(additions: Readonly<Record<string, ClusterAdditions | undefined>>): ExtendedPlan {
  const findings: Finding[] = [];
  const folders = new Map<string, ReadonlyMap<string, string>>();
  const units = Object.entries(additions).flatMap(([cluster, added]): Unit[] => {
    if (!added) return [];
    const placed = placeAdditions(cluster, added, new Map(), () => undefined);
    findings.push(...placed.findings);
    const folderOf = (folder: string): string => `${clusterFolder(cluster)}/${folder}`;
    folders.set(cluster, new Map([...placed.folders].map(([id, folder]) => [id, folderOf(folder)])));
    const lists = [
      ...[...placed.waves].map(([level, files]) => ({
        id: waveUnit(cluster, level),
        folder: waveFolder(cluster, level),
        files: files.flatMap((file) => file.files),
      })),
      ...placed.layers.map(({ name, files }) => ({ id: listUnit(cluster, name), folder: folderOf(name), files })),
    ];
    return lists.map(({ id, ...list }): Unit => {
      const input: WaveInput = { kind: 'wave', ...list };
      return { id, cluster, input, build: (app) => build(input, app) };
    });
  });
  return { units, findings, folders };
}

/** One cluster's units: one a service, one a wave's list, one for sync and platform, one for somebody's own manifests. */
export function planCluster(
  resolved: ResolvedCluster,
  added?: PlacedAdditions,
  raw: readonly RawSource[] = [],
): Unit[] {
  const { name: cluster, services } = resolved;
  const platform = platformFacts(resolved.platform);
  const ports = late(() => new Map(services.map((service) => [service.name, service.ports ?? []])));
  const hosts = late(() => hostFacts(services, platform.namespace));
  const connections = late(() => connectionsOf(resolved));
  const mode = policyMode(resolved);
  const { levelOf } = added ? added : wavesOf(services);
  const waves = new Map<number, ResolvedService[]>();
  for (const service of services) {
    const level = levelOf(service);
    const wave = waves.get(level);
    if (wave) wave.push(service);
    else waves.set(level, [service]);
  }
  const patchesOf = patchesByUnit(resolved.patches, new Set(services.map((service) => service.name)));
  const unit = (id: string, input: UnitInput): Unit => planned(id, cluster, input);

  // Files of one's own stand beside services that may need them: such a wave stays whole.
  const ownFiles = new Set<number | undefined>([
    ...(added?.waves.keys() ?? []),
    ...raw.map(({ beside }) => services.find(({ name }) => name === beside)).map((one) => one && levelOf(one)),
  ]);
  const isSplit = (level: number): boolean => hasParts(waves.get(level)?.length ?? 0) && !ownFiles.has(level);
  const partOf = (service: ResolvedService, level: number) => (isSplit(level) ? { part: partName(service.name) } : {});

  const serviceUnits = services.map((service) => {
    const wave = levelOf(service);
    const path = serviceFile({ cluster, wave, ...partOf(service, wave), service: service.name });
    return plannedService(serviceUnit(cluster, service.name), cluster, { service, path }, () => ({
      kind: 'service',
      cluster,
      path,
      service,
      platform: inNamespace(platform, service),
      domain: resolved.cluster.domain,
      partOf: platform.namespace,
      ports: Object.fromEntries(referredServices(service).map((name) => [name, ports().get(name) ?? []])),
      ...hostsOf(service, hosts()),
      ...(mode === 'off' ? {} : { connections: connections().get(service.name)! }),
      patches: patchesOf.get(service.name) ?? [],
    }));
  });
  const ordered = [...new Set([...waves.keys(), ...(added?.waves.keys() ?? [])])].sort((a, b) => a - b);
  const rawByWave = new Map<number | undefined, RawSource[]>();
  for (const source of raw) {
    const beside = source.beside === undefined ? undefined : services.find(({ name }) => name === source.beside);
    const level = beside && levelOf(beside);
    rawByWave.set(level, [...(rawByWave.get(level) ?? []), source]);
  }
  const rawIn = (level: number | undefined) => (rawByWave.get(level) ?? []).flatMap(({ resources }) => resources);
  const addedTo = (level: number) => added?.waves.get(level) ?? [];
  const partsOf = new Map(ordered.filter(isSplit).map((level) => [level, byPart(waves.get(level) ?? [])]));
  const waveUnits = ordered.flatMap((level) => {
    const parts = partsOf.get(level);
    if (parts)
      return [...parts].map(([part, files]) =>
        unit(partUnit(cluster, level, part), { kind: 'wave', folder: partFolder(cluster, level, part), files }),
      );
    const input: WaveInput = {
      kind: 'wave',
      folder: waveFolder(cluster, level),
      files: [
        ...(waves.get(level) ?? []).map(({ name }) => serviceFileName(name)),
        ...addedTo(level).flatMap(({ files }) => files),
        ...rawIn(level).map((name) => `${RAW_LAYER}/${name}`),
      ],
    };
    return [unit(waveUnit(cluster, level), input)];
  });
  const { gitops, versions, observability, alerts } = resolved.platform;
  const ofPlatform = patchesOf.get('') ?? [];
  const input: PlatformInput = {
    kind: 'platform',
    cluster,
    flux: resolved.cluster.flux,
    platform,
    catalogPlatform: { gitops, versions, observability, alerts },
    hosts: [...new Set(services.flatMap((service) => exposedHosts(service, resolved.cluster.domain)))].sort(),
    namespaces: namespaceFacts(resolved.platform, services),
    external: [...resolved.external].sort((a, b) => (a.name < b.name ? -1 : 1)),
    waves: ordered.map((level) => ({
      name: waveName(level),
      rolloutSeconds: Math.max(
        ...(waves.get(level) ?? []).map((service) => longestRolloutSeconds(service, platform)),
        ...addedTo(level).map(({ rolloutSeconds = defaults.progressDeadlineSeconds }) => rolloutSeconds),
      ),
      ...((waves.get(level) ?? []).some((service) => releaseForm(service) !== 'plain') && { hasHelmReleases: true }),
      ...(partsOf.has(level) && { parts: PART_NAMES }),
    })),
    ...platformLayers(added?.layers ?? [], rawIn(undefined), mode !== 'off'),
    patches: ofPlatform.filter((patch) => mode === 'off' || !isOfDefaultDeny(patch)),
  };
  const rawFiles = [...rawByWave].flatMap(([level, sources]) =>
    sources.flatMap(({ files }) => files.flatMap((file) => rendered(rawFolder(cluster, level), file))),
  );
  const rawUnits = rawFiles.length === 0 ? [] : [unit(rawUnit(cluster), { kind: 'chart', files: rawFiles })];
  const denied: DefaultDenyInput[] =
    mode === 'off'
      ? []
      : [
          {
            kind: 'default-deny',
            cluster,
            path: defaultDenyFile(cluster),
            mode,
            platform,
            namespaces: input.namespaces.map(({ name }) => name),
            patches: ofPlatform.filter(isOfDefaultDeny),
          },
        ];
  const denyUnits = denied.map((one) => unit(defaultDenyUnit(cluster), one));
  return [unit(platformUnit(cluster), input), ...denyUnits, ...waveUnits, ...rawUnits, ...serviceUnits];
}

/** Files of a wave by part. */
function byPart(services: readonly ResolvedService[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>(PART_NAMES.map((part) => [part, []]));
  for (const { name } of services) found.get(partName(name))?.push(serviceFileName(name));
  return found;
}

/** Objects of the platform's that stand in the file of default denials. */
const isOfDefaultDeny = ({ target }: Patch): boolean =>
  ['NetworkPolicy', 'AuthorizationPolicy', 'CiliumNetworkPolicy'].includes(target.kind);

/** A file as it is, and its objects to be checked. */
function rendered(folder: string, { name, text, objects }: RawFile): RenderedManifest[] {
  const path = `${folder}/${name}`;
  return [
    { path, documents: [], text },
    ...(objects.length === 0 ? [] : [{ path, documents: objects, isWritten: false as const }]),
  ];
}

function platformLayers(
  added: readonly AddedPlatformLayer[],
  manifests: readonly string[],
  hasPolicies: boolean,
): Pick<PlatformInput, 'layers'> {
  const layers = [
    ...added,
    ...(manifests.length === 0 ? [] : [{ name: RAW_LAYER, after: 'mesh-config', files: manifests }]),
    ...(hasPolicies ? [{ name: DEFAULT_DENY_LAYER, after: 'apps', files: [`${DEFAULT_DENY_LAYER}.yaml`] }] : []),
  ];
  return layers.length === 0 ? {} : { layers };
}

/** Hosts of those that it calls; nothing where they are their names, as nearly always. */
function hostsOf(service: ResolvedService, hosts: ReadonlyMap<string, ServiceHostFacts>): Pick<ServiceInput, 'hosts'> {
  if (hosts.size === 0) return {};
  const found = calledServices(service).flatMap((name): [string, string][] => {
    const { host, namespace } = hosts.get(name)!;
    const whole = namespace === hosts.get(service.name)!.namespace ? host : `${host}.${namespace}`;
    return whole === name ? [] : [[name, whole]];
  });
  return found.length === 0 ? {} : { hosts: Object.fromEntries(found) };
}

interface ServiceHostFacts {
  readonly host: string;
  readonly namespace: string;
}

/** Of all services; empty where each is found under its own name by all. */
function hostFacts(services: readonly ResolvedService[], usual: string): ReadonlyMap<string, ServiceHostFacts> {
  const isUsual = services.every(
    ({ service, namespace, workloadName }) =>
      namespace === undefined && workloadName === undefined && !(service && service.name !== undefined),
  );
  if (isUsual) return new Map();
  return new Map(
    services.map(({ name, workloadName = name, service, namespace = usual }) => [
      name,
      { host: (service || undefined)?.name ?? workloadName, namespace },
    ]),
  );
}

/** The facts of the platform for a service of another namespace. */
function inNamespace(platform: PlatformFacts, { namespace }: ResolvedService): PlatformFacts {
  return namespace === undefined ? platform : { ...platform, namespace };
}

function namespaceFacts(
  { namespace, podSecurity, namespaces }: Platform,
  services: readonly ResolvedService[],
): NamespaceFacts[] {
  const others = new Set(services.flatMap((service) => service.namespace ?? []));
  others.delete(namespace);
  // It comes with Kubernetes, and its pods are not only those of the catalog.
  others.delete('kube-system');
  return [namespace, ...[...others].sort()].map((name) => {
    const level =
      typeof podSecurity === 'object' && Object.hasOwn(podSecurity, name)
        ? podSecurity[name]
        : typeof podSecurity === 'string'
          ? podSecurity
          : undefined;
    return {
      name,
      ...(level === undefined || level === 'restricted' ? {} : { podSecurity: level }),
      ...(namespaces && Object.hasOwn(namespaces, name) && namespaces[name]),
    };
  });
}

type CanarySettings = Exclude<NonNullable<ResolvedService['canary']>, false>;

/** The platform with every default filled in. */
export function platformFacts(platform: Platform): PlatformFacts {
  const { prometheus = {}, gateway = {}, observability: { tracingSamplingPercent, tracingCollector } = {} } = platform;
  return {
    namespace: platform.namespace,
    mesh: modeOf(platform),
    registry: platform.registry,
    prometheus: {
      address: prometheus.address ?? 'http://prometheus-prometheus.monitoring:9090',
      scrapeInterval: prometheus.scrapeInterval ?? '15s',
      install: prometheus.install ?? true,
      retention: prometheus.retention ?? '7d',
    },
    gateway: {
      name: gateway.name ?? DEFAULT_GATEWAY.name,
      namespace: gateway.namespace ?? DEFAULT_GATEWAY.namespace,
      tlsSecretName: gateway.tlsSecretName,
    },
    ...(platform.metricStores && { metricStores: platform.metricStores }),
    alertSeverity: platform.alerts && (platform.alerts.severity ?? 'warn'),
    // As FluxBootstrap tells the mesh.
    ...(tracingSamplingPercent !== undefined && {
      tracing: {
        host: tracingCollector?.host ?? 'opentelemetry-collector.observability.svc.cluster.local',
        port: tracingCollector?.port ?? 4317,
      },
    }),
  };
}

/** How long a reviewer must expect to wait: success or rollback, whichever is longer, and the pods' own deadline. */
function longestRolloutSeconds(service: ResolvedService, platform: PlatformFacts): number {
  // A job is ready when it has ended.
  const ofJob = service.kind === 'job' ? service.job?.activeDeadlineSeconds : undefined;
  const deadline = ofJob ?? service.progressDeadlineSeconds ?? defaults.progressDeadlineSeconds;
  if (!service.canary) return deadline;
  return analysisSeconds(service.canary, platform.mesh) + (service.canary.progressDeadlineSeconds ?? deadline);
}

function analysisSeconds(canary: CanarySettings, mesh: PlatformFacts['mesh']): number {
  const overlay = canary.spec === undefined ? undefined : fieldsAt(canary.spec, 'analysis');
  const timing = (overlay ? mergedSpec(canary as Fields, overlay) : canary) as AnalysisTiming;
  const { interval, threshold, iterations, stepWeight, stepWeights, maxWeight } = timing;
  const { stepWeightPromotion, mirror, match } = timing;
  const steps = { iterations, stepWeight, stepWeights, maxWeight, stepWeightPromotion };
  const { skipAnalysis } = canary;
  return secondsOf(JSON.stringify({ mesh, skipAnalysis, timing: { interval, threshold, ...steps, mirror, match } }));
}

/** Of what decides it, as JSON: most services say the same, mostly by the defaults. */
const secondsOf = remembered((text) => {
  const { mesh, skipAnalysis, timing } = JSON.parse(text) as TimedAnalysis;
  const { provider } = MESH_FACTS[mesh];
  const { successSeconds, rollbackSeconds } = rolloutDuration(analysisDefaults(timing, provider), {
    provider,
    ...(skipAnalysis !== undefined && { skipAnalysis }),
  });
  return Math.max(successSeconds, rollbackSeconds);
});

interface TimedAnalysis {
  readonly mesh: PlatformFacts['mesh'];
  readonly skipAnalysis?: boolean;
  readonly timing: AnalysisTiming;
}

/** A patch goes to the unit that makes its object: a service's own objects begin with its name, all others are the platform's. */
function patchesByUnit(patches: readonly Patch[], services: ReadonlySet<string>): Map<string, Patch[]> {
  const byUnit = new Map<string, Patch[]>();
  for (const patch of patches) {
    const { name } = patch.target;
    // The longest service whose name the target's begins with: `cart-redis` belongs to `cart-redis` before `cart`.
    const parts = name.split('-');
    let unit = patch.service !== undefined && services.has(patch.service) ? patch.service : '';
    for (let length = parts.length; length > 0 && unit === ''; length--) {
      const prefix = parts.slice(0, length).join('-');
      if (services.has(prefix)) unit = prefix;
    }
    byUnit.set(unit, [...(byUnit.get(unit) ?? []), patch]);
  }
  return byUnit;
}
