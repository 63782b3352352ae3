import { defaults } from '../flagger';
import {
  at,
  booleanAt,
  type Fields,
  fieldsAt,
  isFields,
  listAt,
  numberAt,
  parseGoDuration,
  textAt,
  textMapAt,
  textsAt,
} from '../kube';
import type { Entry } from './entry';
import { assumedScrapeIntervalSeconds, type Fact, type WorldFacts } from './facts';
import { fieldsIn, type HelmReleaseView } from './helm-release';

/** Flagger as the manifests install it, or as stated or assumed where none does. */
export interface FlaggerInstallation {
  /** The HelmRelease or Deployment that installs it. */
  readonly entry?: Entry;
  /** Pointer to the values, into the HelmRelease; undefined for a plain Deployment. */
  readonly valuesPointer?: string;
  readonly values: Fields;
  /** Some values come from something that is not here. */
  readonly hasUnknownValues: boolean;
  readonly namespace: Fact<string>;
  readonly meshProvider: Fact<string>;
  readonly metricsServer: Fact<string>;
  readonly selectorLabels: Fact<readonly string[]>;
  readonly configTracking: boolean;
  readonly noCrossNamespaceRefs: boolean;
  /** The only namespace that it watches; undefined: all. */
  readonly watchedNamespace?: string;
  /** The class that it writes into the objects of an ingress controller: its flag `-ingress-class`. */
  readonly ingressClass?: string;
  readonly replicas: number;
  readonly leaderElection: boolean;
  /** Its version, `1.44.0`, where the manifests name one and not a range. */
  readonly version?: string;
}

/** Istio's settings, as far as the manifests say; empty otherwise. */
export interface IstioInstallation {
  /** What holds the settings: a HelmRelease of istiod, an IstioOperator, an Istio of the Sail operator, or the ConfigMap of a rendered chart. */
  readonly entry?: Entry;
  /** Values of istiod's chart. */
  readonly values: Fields;
  readonly meshConfig: Fields;
  /** Where a field of the mesh's settings stands in the entry: in a ConfigMap all of them are one text. */
  meshConfigPointer(field: string): string;
  /** Pods get a sidecar in every namespace that does not say no. */
  readonly injectsByDefault: boolean;
}

/** Where installations are looked for. */
export interface InstallationSources {
  readonly helmReleases: readonly HelmReleaseView[];
  ofKind(kind: string): readonly Entry[];
  readonly facts: WorldFacts;
}

function fact<T>(
  key: keyof WorldFacts,
  sentence: (value: T) => string,
  known: T | undefined,
  stated: T | undefined,
  assumed: T,
): Fact<T> {
  const value = known ?? stated ?? assumed;
  const certainty = known !== undefined ? 'known' : stated !== undefined ? 'stated' : 'assumed';
  return { value, certainty, sentence: sentence(value), key };
}

/** Finds Flagger: a HelmRelease of its chart, or a Deployment of its image. */
export function findFlagger({ helmReleases, ofKind, facts }: InstallationSources): FlaggerInstallation {
  const release = helmReleases.find(({ chart }) => chart === 'flagger');
  if (release) {
    const { values } = release;
    // What stands in something that is not here is not known to be the default.
    const orOpen = (fallback: string) => (release.hasUnknownValues ? undefined : fallback);
    return installation(release.entry, release.targetNamespace, facts, {
      values,
      valuesPointer: release.valuesPointer,
      hasUnknownValues: release.hasUnknownValues,
      // The chart leaves out a flag whose value is empty: Flagger's own default then holds.
      meshProvider: textAt(values, 'meshProvider') || orOpen(defaults.meshProvider),
      metricsServer: booleanAt(values, 'prometheus', 'install')
        ? `http://${release.releaseName}-prometheus:9090`
        : textAt(values, 'metricsServer') || orOpen(defaults.metricsServer),
      selectorLabels: textAt(values, 'selectorLabels'),
      configTracking: booleanAt(values, 'configTracking', 'enabled') ?? true,
      noCrossNamespaceRefs: booleanAt(values, 'noCrossNamespaceRefs') ?? false,
      watchedNamespace: textAt(values, 'namespace'),
      ingressClass: textAt(values, 'ingressClass'),
      replicas: numberAt(values, 'leaderElection', 'replicaCount') ?? 1,
      leaderElection: booleanAt(values, 'leaderElection', 'enabled') ?? false,
      // The chart has the version of what it installs.
      version: exactVersion.exec(
        textAt(values, 'image', 'tag') ?? textAt(release.entry.object, 'spec', 'chart', 'spec', 'version') ?? '',
      )?.[1],
    });
  }
  for (const entry of ofKind('Deployment')) {
    const container = listAt(entry.object, 'spec', 'template', 'spec', 'containers').find((item) =>
      /(^|\/)(fluxcd|weaveworks)\/flagger(:|@|$)/.test(textAt(item, 'image') ?? ''),
    );
    if (!container) continue;
    const flag = flagReader(
      [...textsAt(container, 'command'), ...textsAt(container, 'args')].map((word) => expanded(word, container)),
    );
    const setting = (name: string, fallback: string) => {
      const value = flag(name) || fallback;
      // What the environment says elsewhere is not known.
      return /\$\(\w+\)/.test(value) ? undefined : value;
    };
    return installation(entry, entry.namespace, facts, {
      values: fieldsAt(undefined),
      meshProvider: setting('mesh-provider', defaults.meshProvider),
      metricsServer: setting('metrics-server', defaults.metricsServer),
      selectorLabels: flag('selector-labels'),
      configTracking: flag('enable-config-tracking') !== 'false',
      noCrossNamespaceRefs: flag('no-cross-namespace-refs') === 'true',
      watchedNamespace: flag('namespace'),
      ingressClass: flag('ingress-class'),
      replicas: numberAt(entry.object, 'spec', 'replicas') ?? 1,
      leaderElection: flag('enable-leader-election') === 'true',
      version: exactVersion.exec(textAt(container, 'image')?.replace(/@.*$/, '').split(':').at(-1) ?? '')?.[1],
    });
  }
  return installation(undefined, undefined, facts, {
    values: fieldsAt(undefined),
    likelyProvider: likelyProvider({ helmReleases, ofKind, facts }),
    configTracking: true,
    noCrossNamespaceRefs: false,
    replicas: 1,
    leaderElection: false,
  });
}

/** Charts of other meshes than Istio, and the annotation or label by which pods join them. */
const otherMeshes = [
  { provider: 'linkerd', charts: /^linkerd(2|-control-plane|-crds)?$/, inject: 'linkerd.io/inject' },
  { provider: 'kuma', charts: /^(kuma|kong-mesh)$/, inject: 'kuma.io/sidecar-injection' },
] as const;

/** The provider of the one mesh that the manifests know, where none installs Flagger: the default, Istio, unless it is another. */
function likelyProvider(sources: InstallationSources): string {
  const { helmReleases, ofKind } = sources;
  if (findIstio(sources).entry || ofKind('VirtualService').length > 0) return defaults.meshProvider;
  const joined = (inject: string) =>
    ['Namespace', 'Deployment'].some((kind) =>
      ofKind(kind).some(({ object, annotations, labels }) =>
        ['enabled', 'true', 'ingress'].includes(
          annotations[inject] ??
            labels[inject] ??
            textAt(object, 'spec', 'template', 'metadata', 'annotations', inject) ??
            textAt(object, 'spec', 'template', 'metadata', 'labels', inject) ??
            '',
        ),
      ),
    );
  const found = otherMeshes.find(
    ({ charts, inject }) => helmReleases.some(({ chart }) => charts.test(chart)) || joined(inject),
  );
  return found?.provider ?? defaults.meshProvider;
}

interface Found {
  readonly values: Fields;
  readonly valuesPointer?: string;
  readonly hasUnknownValues?: boolean;
  readonly meshProvider?: string | undefined;
  /** What is assumed where nothing says the provider. */
  readonly likelyProvider?: string;
  readonly metricsServer?: string | undefined;
  readonly selectorLabels?: string | undefined;
  readonly configTracking: boolean;
  readonly noCrossNamespaceRefs: boolean;
  readonly watchedNamespace?: string | undefined;
  readonly ingressClass?: string | undefined;
  readonly replicas: number;
  readonly leaderElection: boolean;
  readonly version?: string | undefined;
}

const exactVersion = /^v?(\d+\.\d+\.\d+)$/;

function installation(
  entry: Entry | undefined,
  namespace: string | undefined,
  facts: WorldFacts,
  found: Found,
): FlaggerInstallation {
  const labels = found.selectorLabels
    ?.split(',')
    .map((label) => label.trim())
    .filter(Boolean);
  return {
    ...(entry ? { entry } : {}),
    ...(found.valuesPointer === undefined ? {} : { valuesPointer: found.valuesPointer }),
    values: found.values,
    hasUnknownValues: found.hasUnknownValues ?? false,
    namespace: fact(
      'flaggerNamespace',
      (value) => `Flagger runs in namespace ${value}`,
      namespace,
      facts.flaggerNamespace,
      'flagger-system',
    ),
    meshProvider: fact(
      'meshProvider',
      (value) => `Flagger's mesh provider is ${value}`,
      found.meshProvider,
      facts.meshProvider,
      found.likelyProvider ?? defaults.meshProvider,
    ),
    metricsServer: fact(
      'metricsServer',
      (value) => `Flagger asks ${value} for metrics`,
      found.metricsServer,
      facts.metricsServer,
      defaults.metricsServer,
    ),
    selectorLabels: fact<readonly string[]>(
      'selectorLabels',
      (value) => `Flagger selects pods by the labels ${value.join(', ')}`,
      entry ? (labels?.length ? labels : defaults.selectorLabels) : undefined,
      facts.selectorLabels,
      defaults.selectorLabels,
    ),
    configTracking: found.configTracking,
    noCrossNamespaceRefs: found.noCrossNamespaceRefs,
    ...(found.watchedNamespace ? { watchedNamespace: found.watchedNamespace } : {}),
    ...(found.ingressClass ? { ingressClass: found.ingressClass } : {}),
    replicas: found.replicas,
    leaderElection: found.leaderElection,
    ...(found.version === undefined ? {} : { version: found.version }),
  };
}

/** `$(NAME)` by the environment that is written beside it; a name that is not there stays. */
function expanded(word: string, container: unknown): string {
  return word.replace(/\$\((\w+)\)/g, (whole, name) => {
    const found = listAt(container, 'env').find((variable) => textAt(variable, 'name') === name);
    return textAt(found, 'value') ?? whole;
  });
}

/** Go's flag package: `-name=value`, `--name=value`, `-name value`; a lone `-name` is true. */
function flagReader(words: readonly string[]): (name: string) => string | undefined {
  return (name) => {
    for (const [index, word] of words.entries()) {
      const match = /^--?([^=]+)(?:=(.*))?$/s.exec(word);
      if (match?.[1] !== name) continue;
      if (match[2] !== undefined) return match[2];
      const next = words[index + 1];
      return next === undefined || next.startsWith('-') ? 'true' : next;
    }
    return undefined;
  };
}

/**
 * Finds Istio's settings.
 * @see istio/istio 1.31 manifests/charts/istio-control/istio-discovery/templates (configmap.yaml, istiod-injector-configmap.yaml); operator/pkg/apis (IstioOperator); istio-ecosystem/sail-operator 1.31 api/v1/istio_types.go
 */
export function findIstio({ helmReleases, ofKind }: InstallationSources): IstioInstallation {
  const release = helmReleases.find(({ chart }) => chart === 'istiod');
  if (release) return istioOf(release.entry, release.values, '/spec/values/meshConfig');
  const istio = ofKind('Istio').find(({ group }) => group === 'sailoperator.io');
  if (istio) return istioOf(istio, fieldsAt(istio.object, 'spec', 'values'), '/spec/values/meshConfig');
  // Others install gateways alone.
  const operators = ofKind('IstioOperator');
  const operator = operators.find(({ object }) => isFields(at(object, 'spec', 'meshConfig'))) ?? operators[0];
  if (operator) {
    const { object } = operator;
    return istioOf(
      operator,
      fieldsAt(object, 'spec', 'values'),
      '/spec/meshConfig',
      fieldsAt(object, 'spec', 'meshConfig'),
    );
  }
  return renderedIstio(ofKind('ConfigMap')) ?? istioOf(undefined, {}, '');
}

function istioOf(
  entry: Entry | undefined,
  values: Fields,
  pointer: string,
  meshConfig: Fields = fieldsAt(values, 'meshConfig'),
): IstioInstallation {
  return {
    ...(entry ? { entry } : {}),
    values,
    meshConfig,
    meshConfigPointer: (field) => (entry?.kind === 'ConfigMap' ? pointer : `${pointer}/${field}`),
    injectsByDefault: booleanAt(values, 'sidecarInjectorWebhook', 'enableNamespacesByDefault') ?? false,
  };
}

/** The ConfigMaps of istiod's chart, with the name of the revision behind theirs where it has one. */
function renderedIstio(configMaps: readonly Entry[]): IstioInstallation | undefined {
  for (const entry of configMaps) {
    const mesh = /^istio(-.*)?$/.test(entry.name) ? textMapAt(entry.object, 'data').mesh : undefined;
    if (mesh === undefined) continue;
    const name = entry.name.replace('istio', 'istio-sidecar-injector');
    const injector = configMaps.find((other) => other.name === name && other.namespace === entry.namespace);
    const values = textMapAt(injector?.object, 'data').values ?? '';
    return istioOf(entry, fieldsIn(values), '/data/mesh', fieldsIn(mesh));
  }
  return undefined;
}

/**
 * How often the series that Flagger asks for get a new sample. In this order: an endpoint of a PodMonitor or
 * ServiceMonitor that reads Envoy, a Prometheus object, the values of a chart, a prometheus.yml in a ConfigMap, what was stated.
 */
export function findScrapeInterval(sources: InstallationSources): Fact<number> {
  const stated = milliseconds(sources.facts.scrapeInterval);
  const known =
    monitorInterval(sources) ?? prometheusInterval(sources) ?? chartInterval(sources) ?? fileInterval(sources);
  // The default of a chart is inferred: a monitor that is not here may say otherwise.
  const inferred = chartDefault(sources);
  return fact(
    'scrapeInterval',
    (value) => `Prometheus scrapes every ${value} s`,
    known === undefined ? undefined : known / 1000,
    stated === undefined ? undefined : stated / 1000,
    inferred === undefined ? assumedScrapeIntervalSeconds : inferred / 1000,
  );
}

function milliseconds(text: string | undefined): number | undefined {
  const duration = parseGoDuration(text ?? '');
  return duration.ok && duration.value > 0 ? duration.value : undefined;
}

function monitorInterval({ ofKind }: InstallationSources): number | undefined {
  for (const [kind, list] of [['PodMonitor', 'podMetricsEndpoints'] as const, ['ServiceMonitor', 'endpoints'] as const])
    for (const entry of ofKind(kind))
      for (const endpoint of listAt(entry.object, 'spec', list)) {
        const isEnvoy =
          textAt(endpoint, 'path') === '/stats/prometheus' || /envoy/.test(textAt(endpoint, 'port') ?? '');
        const interval = isEnvoy ? milliseconds(textAt(endpoint, 'interval')) : undefined;
        if (interval !== undefined) return interval;
      }
  return undefined;
}

function prometheusInterval({ ofKind }: InstallationSources): number | undefined {
  for (const entry of ofKind('Prometheus')) {
    const interval = milliseconds(textAt(entry.object, 'spec', 'scrapeInterval') ?? '30s');
    if (interval !== undefined) return interval;
  }
  return undefined;
}

function chartInterval({ helmReleases }: InstallationSources): number | undefined {
  for (const { chart, values } of helmReleases) {
    const interval =
      chart === 'kube-prometheus-stack'
        ? milliseconds(textAt(values, 'prometheus', 'prometheusSpec', 'scrapeInterval'))
        : chart === 'prometheus'
          ? milliseconds(textAt(values, 'server', 'global', 'scrape_interval'))
          : // The chart has no value for it. @see fluxcd/flagger v1.44 charts/flagger/templates/prometheus.yaml
            chart === 'flagger' && booleanAt(values, 'prometheus', 'install')
            ? 5_000
            : undefined;
    if (interval !== undefined) return interval;
  }
  return undefined;
}

/** @see prometheus-community/helm-charts kube-prometheus-stack (30s), prometheus (1m) */
function chartDefault({ helmReleases }: InstallationSources): number | undefined {
  const defaultOf: Readonly<Record<string, number>> = { 'kube-prometheus-stack': 30_000, prometheus: 60_000 };
  return helmReleases.map(({ chart }) => defaultOf[chart]).find((one) => one !== undefined);
}

function fileInterval({ ofKind }: InstallationSources): number | undefined {
  for (const entry of ofKind('ConfigMap')) {
    const text =
      textMapAt(entry.object, 'data')['prometheus.yml'] ?? textMapAt(entry.object, 'data')['prometheus.yaml'];
    if (text === undefined) continue;
    const config = fieldsIn(text);
    const written = textAt(config, 'global', 'scrape_interval');
    // Without a job it is a part of a configuration, or a broken one.
    if (written === undefined && listAt(config, 'scrape_configs').length === 0) continue;
    return milliseconds(written ?? '1m');
  }
  return undefined;
}
