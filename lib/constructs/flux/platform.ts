import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import * as flagger from '../../../imports/flagger.app';
import * as gatewayApi from '../../../imports/gateway.networking.k8s.io';
import * as kustomize from '../../../imports/kustomize.toolkit.fluxcd.io';
import * as istio from '../../../imports/networking.istio.io';
import * as security from '../../../imports/security.istio.io';
import * as source from '../../../imports/source.toolkit.fluxcd.io';
import * as telemetry from '../../../imports/telemetry.istio.io';
import { MESH_FACTS, type Mesh, type MeshMode } from '../../mesh';
import { MetricTemplate } from '../canary/metric-template';
import { templatesFor } from '../canary/spec';
import { addNamespace } from '../kube-namespace';
import { MicroserviceRelease } from '../microservice-release';
import { HelmChartInstall, type OwnWrite } from './helm-chart';

/** Versions of the platform's charts and images, exact. */
export interface PlatformVersions {
  readonly istio: string;
  readonly flagger: string;
  readonly loadtester: string;
  readonly kubePrometheusStack: string;
  readonly prometheusOperatorCrds: string;
  readonly gatewayApi: string;
}

/** Current versions that fit together (November 2026). */
export const PLATFORM_VERSIONS: PlatformVersions = {
  istio: '1.31.1',
  flagger: '1.44.0',
  loadtester: '0.38.0',
  kubePrometheusStack: '86.2.0',
  prometheusOperatorCrds: '29.0.0',
  gatewayApi: '1.6.1',
};

/** A host outside the mesh that services call. */
export interface ExternalHost {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly ports: readonly {
    readonly name?: string;
    readonly port: number;
    readonly protocol: 'http' | 'https' | 'grpc' | 'tcp' | 'tls';
  }[];
  /** IP addresses, for hosts that no DNS resolves. */
  readonly addresses?: readonly string[];
}

/** What runs around the services. Every name that two layers must agree on is here once. */
export interface PlatformProps {
  readonly mesh: MeshMode;
  /** Namespace of the services. */
  readonly namespace: string;
  /** All namespaces with services, and which pods they admit. @default that one, with restricted pods */
  readonly namespaces?: readonly {
    readonly name: string;
    readonly podSecurity?: 'baseline' | 'privileged';
    /** Stronger than what the platform writes itself. */
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
  readonly versions: PlatformVersions;
  readonly prometheus: {
    /** Address that Flagger asks, resolvable from its namespace. */
    readonly address: string;
    /** Prometheus duration. */
    readonly scrapeInterval: string;
    /** `false`: the address is somebody else's Prometheus, none is installed. */
    readonly install: boolean;
    /** Prometheus duration. */
    readonly retention: string;
  };
  readonly gateway: { readonly name: string; readonly namespace: string; readonly tlsSecretName?: string };
  /** Hosts that the gateway serves. */
  readonly hosts: readonly string[];
  readonly external: readonly ExternalHost[];
  readonly accessLog: boolean;
  /** Percent of requests whose spans go to the tracing collector. @default none are sent */
  readonly tracingSamplingPercent?: number;
  /** Where spans go: an OpenTelemetry collector's gRPC port. @default opentelemetry-collector.observability.svc.cluster.local:4317 */
  readonly tracingCollector?: { readonly host: string; readonly port?: number };
  readonly clusterName: string;
  readonly alerts?: { readonly type: string; readonly channel?: string; readonly secretName: string };
}

/** Where Flagger and its load tester run. */
export const FLAGGER_NAMESPACE = 'flagger-system';
/** Name of the AlertProvider of the platform. */
export const ALERT_PROVIDER = 'on-call';
/** Name of Flagger's load tester. */
export const LOADTESTER = 'flagger-loadtester';
const MONITORING_NAMESPACE = 'monitoring';
const ISTIO_NAMESPACE = 'istio-system';
/** The old hosts of charts and images are shut down. @see istio.io 1.31 upgrade notes */
const ISTIO_CHARTS = 'oci://ghcr.io/istio/release/charts';
/** @see fluxcd/flagger v1.44 charts/flagger/templates/deployment.yaml */
const FLAGGER_METRICS_PORT = '8080';
const TRACING_PROVIDER = 'tracing';
/**
 * The charts `base` and `istiod` render `Ignore` at install; istiod sets `Fail` as soon as it answers. Set back at each
 * interval, admission would let wrong objects pass. Of all objects of Istio's, Flagger's and Prometheus' charts this
 * and the annotation of rules are what the components write over what is rendered: caBundle is in no chart's output, and
 * where an autoscaler counts, the charts render no replicas.
 * @see istio/istio 1.31 manifests/charts/base/templates/defaultrevision-validatingwebhookconfiguration.yaml; pkg/webhooks/validation/controller
 */
const VALIDATION: OwnWrite = {
  kind: 'ValidatingWebhookConfiguration',
  paths: ['/webhooks/0/failurePolicy'],
  reason: 'istiod sets failurePolicy to Fail once it answers; the chart installs Ignore',
};
const MANAGED = { 'app.kubernetes.io/managed-by': 'aviary' };

/** Where releases of charts are, the services' own included (`release.form: helm`). */
export function chartNamespaces({ mesh, gateway, prometheus, namespace }: PlatformProps): string[] {
  return [
    ...new Set([
      ...(prometheus.install ? [MONITORING_NAMESPACE] : []),
      ...(MESH_FACTS[mesh].installs === 'istio' ? [ISTIO_NAMESPACE, gateway.namespace] : []),
      FLAGGER_NAMESPACE,
      namespace,
    ]),
  ];
}

type PodSecurityLevel = 'privileged' | 'baseline' | 'restricted';

function namespace(
  scope: Construct,
  name: string,
  level: PodSecurityLevel,
  labels: Record<string, string> = {},
  annotations: Readonly<Record<string, string>> = {},
  own: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  } = {},
): void {
  addNamespace(scope, `namespace-${name}`, {
    metadata: {
      name,
      labels: {
        ...MANAGED,
        ...labels,
        'pod-security.kubernetes.io/enforce': level,
        ...(level === 'restricted' ? {} : { 'pod-security.kubernetes.io/warn': level }),
        ...own.labels,
      },
      // A namespace takes everything in it along: removing it is a person's decision.
      annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled', ...annotations, ...own.annotations },
    },
  });
}

/** Labels that make Istio take the pods of a namespace into the mesh. */
export const meshLabels = (mesh: MeshMode): Record<string, string> => ({ ...MESH_FACTS[mesh].namespaceLabels });

/** Whether a mesh mode routes by the Gateway API. */
export const usesGatewayApi = (mesh: MeshMode) => MESH_FACTS[mesh].exposesBy === 'HTTPRoute';

/** Definitions that later layers' objects need: Prometheus Operator's, and the Gateway API's where it routes. */
export function crdsLayer(scope: Construct, props: PlatformProps): void {
  if (props.prometheus.install) {
    namespace(scope, MONITORING_NAMESPACE, 'privileged');
    new HelmChartInstall(scope, 'prometheus-operator-crds', {
      name: 'prometheus-operator-crds',
      namespace: MONITORING_NAMESPACE,
      url: 'oci://ghcr.io/prometheus-community/charts/prometheus-operator-crds',
      version: props.versions.prometheusOperatorCrds,
      // Definitions take all their objects along: no uninstall of the chart may remove every monitor.
      values: { crds: { annotations: { 'helm.sh/resource-policy': 'keep' } } },
    });
  }
  if (!usesGatewayApi(props.mesh)) return;
  new source.GitRepository(scope, 'gateway-api', {
    metadata: { name: 'gateway-api', namespace: 'flux-system', labels: MANAGED },
    spec: {
      interval: '1h',
      url: 'https://github.com/kubernetes-sigs/gateway-api',
      ref: { tag: `v${props.versions.gatewayApi}` },
      ignore: '/*\n!/config/crd/standard\n',
    },
  });
  new kustomize.Kustomization(scope, 'gateway-api-crds', {
    metadata: { name: 'gateway-api-crds', namespace: 'flux-system', labels: MANAGED },
    spec: {
      interval: '1h',
      retryInterval: '2m',
      timeout: '5m',
      prune: false,
      wait: true,
      path: './config/crd/standard',
      sourceRef: { kind: kustomize.KustomizationSpecSourceRefKind.GIT_REPOSITORY, name: 'gateway-api' },
    },
  });
}

/** Prometheus, with monitors of every namespace. */
export function monitoringLayer(scope: Construct, props: PlatformProps): void {
  if (!props.prometheus.install) return;
  new HelmChartInstall(scope, 'kube-prometheus-stack', {
    name: 'kube-prometheus-stack',
    namespace: MONITORING_NAMESPACE,
    url: 'oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack',
    version: props.versions.kubePrometheusStack,
    timeout: '15m',
    writesItself: [
      {
        kind: 'PrometheusRule',
        paths: ['/metadata/annotations/prometheus-operator-validated'],
        reason: "Prometheus Operator's webhook says so where a rule has been checked",
      },
    ],
    values: {
      // The Service is then prometheus-prometheus, which Flagger's metricsServer names.
      fullnameOverride: 'prometheus',
      crds: { enabled: false },
      alertmanager: { enabled: false },
      grafana: { enabled: false },
      prometheus: {
        prometheusSpec: {
          scrapeInterval: props.prometheus.scrapeInterval,
          evaluationInterval: props.prometheus.scrapeInterval,
          retention: props.prometheus.retention,
          // Without these only monitors with the chart's own labels are read, and Istio's would not be.
          podMonitorSelectorNilUsesHelmValues: false,
          serviceMonitorSelectorNilUsesHelmValues: false,
        },
      },
    },
  });
}

/** Istio: definitions and base, CNI (so that pods need no privileged init container), istiod, then the gateway. */
export function meshLayer(scope: Construct, props: PlatformProps): void {
  const { mesh, versions, gateway } = props;
  const ambient = MESH_FACTS[mesh].isAmbient;
  const chart = (
    name: string,
    chartName: string,
    inNamespace: string,
    values: Record<string, unknown>,
    dependsOn: { name: string; namespace: string }[],
    writesItself: readonly OwnWrite[] = [],
  ) =>
    new HelmChartInstall(scope, name, {
      name,
      namespace: inNamespace,
      url: `${ISTIO_CHARTS}/${chartName}`,
      version: versions.istio,
      values,
      dependsOn,
      writesItself,
    });
  const base = { name: 'istio-base', namespace: ISTIO_NAMESPACE };
  const cni = { name: 'istio-cni', namespace: ISTIO_NAMESPACE };
  const istiod = { name: 'istiod', namespace: ISTIO_NAMESPACE };
  const profile = ambient ? { profile: 'ambient' } : {};

  namespace(scope, ISTIO_NAMESPACE, 'privileged');
  chart('istio-base', 'base', ISTIO_NAMESPACE, { defaultRevision: 'default' }, [], [VALIDATION]);
  chart('istio-cni', 'cni', ISTIO_NAMESPACE, { ...profile }, [base]);
  chart(
    'istiod',
    'istiod',
    ISTIO_NAMESPACE,
    {
      ...profile,
      pilot: { cni: { enabled: true } },
      meshConfig: {
        // One port (15020) serves the sidecar's and the application's metrics: what the PodMonitor scrapes.
        enablePrometheusMerge: true,
        ...(props.accessLog ? { accessLogFile: '/dev/stdout' } : {}),
        ...(props.tracingSamplingPercent === undefined ? {} : { extensionProviders: [tracingProvider(props)] }),
        defaultConfig: { holdApplicationUntilProxyStarts: true },
      },
      // Without it an injected pod is not `restricted`.
      global: { proxy: { seccompProfile: { type: 'RuntimeDefault' } } },
    },
    [base, cni],
    [VALIDATION],
  );
  if (ambient) chart('ztunnel', 'ztunnel', ISTIO_NAMESPACE, {}, [istiod]);
  namespace(scope, gateway.namespace, 'baseline', usesGatewayApi(mesh) ? {} : { 'istio-injection': 'enabled' });
  // With the Gateway API istiod makes the gateway's Deployment from the Gateway object.
  if (!usesGatewayApi(mesh)) chart('istio-gateway', 'gateway', gateway.namespace, {}, [istiod]);
}

/** A sampling without a provider samples nothing. @see istio.io 1.31 reference/config/istio.mesh.v1alpha1 ExtensionProvider */
function tracingProvider({ tracingCollector }: PlatformProps): Record<string, unknown> {
  const { host = 'opentelemetry-collector.observability.svc.cluster.local', port = 4317 } = tracingCollector ?? {};
  return { name: TRACING_PROVIDER, opentelemetry: { service: host, port } };
}

/** Flagger, and its load tester as a workload of the mesh: with STRICT mTLS anything else could not reach the pods. */
export function flaggerLayer(scope: Construct, props: PlatformProps): void {
  const { mesh, versions } = props;
  // Flagger and the load tester are in the mesh: who asks for names knows them.
  namespace(scope, FLAGGER_NAMESPACE, 'baseline', meshLabels(mesh), MESH_FACTS[mesh].namespaceAnnotations);
  new HelmChartInstall(scope, 'flagger', {
    name: 'flagger',
    namespace: FLAGGER_NAMESPACE,
    url: 'oci://ghcr.io/fluxcd/charts/flagger',
    version: versions.flagger,
    signedBy: { repository: 'fluxcd/flagger', workflow: 'release.yml' },
    values: {
      meshProvider: MESH_FACTS[mesh].provider,
      // The chart's default resolves only inside Prometheus' own namespace.
      metricsServer: props.prometheus.address,
      selectorLabels: 'app',
      clusterName: props.clusterName,
      crd: { create: false },
      // Somebody else's Prometheus need not be the Prometheus Operator's.
      podMonitor: { enabled: props.prometheus.install, interval: props.prometheus.scrapeInterval },
    },
  });
  new MicroserviceRelease(scope, LOADTESTER, {
    namespace: FLAGGER_NAMESPACE,
    image: `ghcr.io/fluxcd/flagger-loadtester:${versions.loadtester}`,
    command: ['./loadtester', '-port=8080', '-log-level=info', '-timeout=1h'],
    ports: [{ port: 80, targetPort: 8080, protocol: 'http' }],
    probes: { readiness: { http: { path: '/healthz' } }, liveness: { http: { path: '/healthz' } } },
    resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '512Mi' } },
    // The image's user; its health.proto for ghz is readable by that user only.
    securityContext: { runAsUser: 100, runAsGroup: 101, fsGroup: 101 },
    volumes: [{ name: 'tmp', mountPath: '/home/app/tmp', emptyDir: {} }],
    partOf: 'flagger',
  });
}

const namespacesOf = ({ namespace: name, namespaces = [{ name }] }: PlatformProps) => namespaces;

/** What the mesh, Flagger and Prometheus are told: gateway, mTLS, telemetry, monitors, templates, alert provider. */
export function meshConfigLayer(scope: Construct, props: PlatformProps): void {
  const { mesh } = props;
  const namespaces = namespacesOf(props);
  for (const { name, podSecurity = 'restricted', labels, annotations } of namespaces)
    namespace(scope, name, podSecurity, meshLabels(mesh), MESH_FACTS[mesh].namespaceAnnotations, {
      labels,
      annotations,
    });
  for (const { name, query } of templatesFor(mesh)) {
    new MetricTemplate(scope, `template-${name}`, {
      name,
      namespace: FLAGGER_NAMESPACE,
      query,
      address: props.prometheus.address,
    });
  }
  if (props.alerts) {
    new flagger.AlertProvider(scope, 'alert-provider', {
      metadata: { name: ALERT_PROVIDER, namespace: FLAGGER_NAMESPACE, labels: MANAGED },
      spec: {
        type: props.alerts.type as flagger.AlertProviderSpecType,
        channel: props.alerts.channel,
        secretRef: { name: props.alerts.secretName },
      },
    });
  }
  const { proxies }: Mesh = MESH_FACTS[mesh];
  if (props.prometheus.install && proxies?.monitor) {
    const { name, endpoint } = proxies.monitor;
    new ApiObject(scope, name, {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      metadata: { name, namespace: MONITORING_NAMESPACE, labels: MANAGED },
      spec: {
        selector: {},
        namespaceSelector: { any: true },
        podMetricsEndpoints: [{ ...endpoint, interval: props.prometheus.scrapeInterval }],
      },
    });
  }
  if (MESH_FACTS[mesh].installs !== 'istio') return;

  if (props.hosts.length > 0) gatewayObject(scope, props);
  if (MESH_FACTS[mesh].isAmbient) for (const { name } of namespaces) waypoint(scope, name);
  new security.PeerAuthentication(scope, 'mtls', {
    metadata: { name: 'default', namespace: ISTIO_NAMESPACE, labels: MANAGED },
    spec: { mtls: { mode: security.PeerAuthenticationSpecMtlsMode.STRICT } },
  });
  if (props.accessLog || props.tracingSamplingPercent !== undefined) {
    new telemetry.Telemetry(scope, 'telemetry', {
      metadata: { name: 'default', namespace: ISTIO_NAMESPACE, labels: MANAGED },
      spec: {
        accessLogging: props.accessLog ? [{ providers: [{ name: 'envoy' }] }] : undefined,
        tracing:
          props.tracingSamplingPercent === undefined
            ? undefined
            : [
                {
                  providers: [{ name: TRACING_PROVIDER }],
                  randomSamplingPercentage: props.tracingSamplingPercent,
                },
              ],
      },
    });
  }
  if (props.prometheus.install) {
    podMonitor(scope, props.prometheus.scrapeInterval);
    // Prometheus is outside the mesh, and Flagger's own PodMonitor scrapes this port in plain text.
    new security.PeerAuthentication(scope, 'flagger-metrics', {
      metadata: { name: 'flagger-metrics', namespace: FLAGGER_NAMESPACE, labels: MANAGED },
      spec: {
        selector: { matchLabels: { 'app.kubernetes.io/name': 'flagger' } },
        mtls: { mode: security.PeerAuthenticationSpecMtlsMode.STRICT },
        portLevelMtls: {
          [FLAGGER_METRICS_PORT]: { mode: security.PeerAuthenticationSpecPortLevelMtlsMode.PERMISSIVE },
        },
      },
    });
  }
  for (const external of props.external) serviceEntry(scope, props.namespace, external);
}

function selectorOf(names: readonly string[]): gatewayApi.GatewaySpecListenersAllowedRoutesNamespacesSelector {
  const key = 'kubernetes.io/metadata.name';
  return names.length === 1
    ? { matchLabels: { [key]: names[0]! } }
    : { matchExpressions: [{ key, operator: 'In', values: [...names] }] };
}

function gatewayObject(scope: Construct, props: PlatformProps): void {
  const { gateway, mesh } = props;
  const metadata = { name: gateway.name, namespace: gateway.namespace, labels: MANAGED };
  const hosts = [...props.hosts];
  if (usesGatewayApi(mesh)) {
    const listener = (name: string, hostname: string, tls: boolean): gatewayApi.GatewaySpecListeners => ({
      name,
      hostname,
      port: tls ? 443 : 80,
      protocol: tls ? 'HTTPS' : 'HTTP',
      tls: tls ? { certificateRefs: [{ name: gateway.tlsSecretName! }] } : undefined,
      allowedRoutes: {
        namespaces: {
          from: gatewayApi.GatewaySpecListenersAllowedRoutesNamespacesFrom.SELECTOR,
          selector: selectorOf(namespacesOf(props).map(({ name }) => name)),
        },
      },
    });
    new gatewayApi.Gateway(scope, 'gateway', {
      metadata,
      spec: {
        gatewayClassName: 'istio',
        listeners: hosts.map((host, index) => listener(`host-${index}`, host, gateway.tlsSecretName !== undefined)),
      },
    });
    return;
  }
  const plain = { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts };
  new istio.Gateway(scope, 'gateway', {
    metadata,
    spec: {
      // The gateway chart labels its pods with the release's name without `istio-`.
      selector: { istio: 'gateway' },
      servers: gateway.tlsSecretName
        ? [
            { ...plain, tls: { httpsRedirect: true } },
            {
              port: { number: 443, name: 'https', protocol: 'HTTPS' },
              hosts,
              tls: { mode: istio.GatewaySpecServersTlsMode.SIMPLE, credentialName: gateway.tlsSecretName },
            },
          ]
        : [plain],
    },
  });
}

/** The proxy that sees HTTP in ambient mode; ztunnel alone only counts TCP. */
function waypoint(scope: Construct, inNamespace: string): void {
  new gatewayApi.Gateway(scope, `waypoint-${inNamespace}`, {
    metadata: { name: 'waypoint', namespace: inNamespace, labels: { ...MANAGED, 'istio.io/waypoint-for': 'service' } },
    spec: {
      gatewayClassName: 'istio-waypoint',
      listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }],
    },
  });
}

/**
 * Prometheus Operator ignores `prometheus.io/scrape`, so the sidecars' counters need a monitor of their own.
 * Address and port come from the annotations that injection puts on the pod (15020).
 * @see istio/istio 1.31 samples/addons/extras/prometheus-operator.yaml
 */
function podMonitor(scope: Construct, interval: string): void {
  const annotation = '__meta_kubernetes_pod_annotation_prometheus_io_port';
  new ApiObject(scope, 'sidecars', {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    metadata: { name: 'istio-proxies', namespace: ISTIO_NAMESPACE, labels: MANAGED },
    spec: {
      selector: { matchExpressions: [{ key: 'istio-prometheus-ignore', operator: 'DoesNotExist' }] },
      namespaceSelector: { any: true },
      jobLabel: 'envoy-stats',
      podMetricsEndpoints: [
        {
          path: '/stats/prometheus',
          interval,
          relabelings: [
            { action: 'keep', sourceLabels: ['__meta_kubernetes_pod_container_name'], regex: 'istio-proxy' },
            { action: 'keep', sourceLabels: ['__meta_kubernetes_pod_annotationpresent_prometheus_io_scrape'] },
            {
              action: 'replace',
              sourceLabels: [annotation, '__meta_kubernetes_pod_ip'],
              regex: '(\\d+);((([0-9]+?)(\\.|$)){4})',
              replacement: '$2:$1',
              targetLabel: '__address__',
            },
            {
              action: 'replace',
              sourceLabels: [annotation, '__meta_kubernetes_pod_ip'],
              regex: '(\\d+);(([A-Fa-f0-9]{1,4}::?){1,7}[A-Fa-f0-9]{1,4})',
              replacement: '[$2]:$1',
              targetLabel: '__address__',
            },
            { action: 'replace', sourceLabels: ['__meta_kubernetes_namespace'], targetLabel: 'namespace' },
            { action: 'replace', sourceLabels: ['__meta_kubernetes_pod_name'], targetLabel: 'pod' },
          ],
        },
      ],
    },
  });
}

const isUnresolvable = ({ hosts, addresses = [] }: ExternalHost): boolean =>
  hosts.some((host) => host.startsWith('*')) || addresses.some((address) => address.includes('/'));

function serviceEntry(scope: Construct, inNamespace: string, external: ExternalHost): void {
  new istio.ServiceEntry(scope, `external-${external.name}`, {
    metadata: { name: external.name, namespace: inNamespace, labels: MANAGED },
    spec: {
      hosts: [...external.hosts],
      addresses: external.addresses && [...external.addresses],
      location: istio.ServiceEntrySpecLocation.MESH_UNDERSCORE_EXTERNAL,
      // A wildcard and a range cannot be resolved: the address that the caller has found is used. The API server refuses a range with DNS.
      resolution: isUnresolvable(external)
        ? istio.ServiceEntrySpecResolution.NONE
        : istio.ServiceEntrySpecResolution.DNS,
      ports: external.ports.map(({ name, port, protocol }) => ({
        number: port,
        name: name ?? `${protocol}-${port}`,
        protocol: protocol.toUpperCase(),
      })),
    },
  });
}
