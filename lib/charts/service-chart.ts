import { ApiObject, type App } from 'cdk8s';
import * as gatewayApi from '../../imports/gateway.networking.k8s.io';
import * as istio from '../../imports/networking.istio.io';
import type { ResolvedService } from '../catalog';
import {
  ALERT_PROVIDER,
  CanaryRollout,
  type CanaryRolloutProps,
  type EnvValue,
  FLAGGER_NAMESPACE,
  ManifestFile,
  MetricStore,
  MicroserviceRelease,
  type MicroserviceReleaseProps,
  Provider,
} from '../constructs';
import { providerOf } from '../flagger';
import { containerPortName, judgedProps } from '../kube';
import { MESH_FACTS, type Mesh } from '../mesh';
import { exposedHosts } from './exposed-hosts';
import type { ServiceInput } from './inputs';
import { patchFiles } from './patches';
import { addServicePolicies } from './service-policies';

/** One service: its release and, where it is canaried, its rollout; one file. */
export function serviceChart(app: App, input: ServiceInput): void {
  const { service, platform } = input;
  const { namespace } = platform;
  const chart = new ManifestFile(app, service.name, { path: input.path, namespace });
  const ports = (service.ports ?? []).map((port) =>
    port.name === undefined || containerPortName(port.name) ? port : { ...port, isNamelessInContainer: true },
  );
  const release = new MicroserviceRelease(
    chart,
    service.name,
    judgedProps({
      name: service.workloadName,
      image: imageOf(service, platform.registry),
      imagePullPolicy: service.imagePullPolicy,
      command: service.command,
      args: service.args,
      ports,
      env: env(service.env, input),
      resources: service.resources,
      probes: service.probes,
      replicas: service.autoscaling ? undefined : service.replicas,
      autoscaling: service.autoscaling || undefined,
      canaried: Boolean(service.canary),
      serviceAccount: service.serviceAccount,
      securityContext: service.securityContext,
      volumes: service.volumes,
      config: service.config,
      configMaps: service.configMaps,
      claims: service.claims,
      access: service.access,
      monitors: service.monitors,
      ingresses: service.ingresses,
      httpRoutes: service.httpRoutes,
      initContainers: service.initContainers?.map((init) => ({ ...init, env: env(init.env, input) })),
      containers: service.containers?.map((container) => ({ ...container, env: env(container.env, input) })),
      kind: service.kind,
      ...kindProps(service),
      container: service.container,
      pod: service.pod,
      selector: service.selector,
      service: service.service,
      services: service.services,
      metadata: service.metadata,
      nodeSelector: service.nodeSelector,
      affinity: service.affinity,
      tolerations: service.tolerations,
      topologySpread: service.topologySpread,
      disruptionBudget: service.disruptionBudget || undefined,
      terminationGracePeriodSeconds: service.terminationGracePeriodSeconds,
      progressDeadlineSeconds: service.progressDeadlineSeconds,
      priorityClassName: service.priorityClassName,
      labels: service.labels,
      annotations: service.annotations,
      calls: service.calls
        ?.flatMap((call) => (typeof call === 'string' ? [call] : 'service' in call ? [call.service] : []))
        .map((name) => input.hosts?.[name] ?? name),
      podLabels: service.podLabels,
      podAnnotations: service.podAnnotations,
      partOf: input.partOf,
      digestInputs: input.patches.map(({ operations, target }) => ({ operations, target })),
    }),
  );
  if (service.canary) new CanaryRollout(chart, `${service.name}-rollout`, judgedProps(rolloutProps(input, release)));
  else if (service.expose) exposeWithoutCanary(chart, input, release);
  if (service.expose) addEntrance(chart, input, release);
  addServicePolicies(chart, input);
  patchFiles(chart, input.patches);
}

/** What goes with the kind; what a default says of another kind means nothing to it. */
function kindProps({
  kind,
  statefulSet,
  daemonSet,
  job,
  cronJob,
  strategy,
  minReadySeconds,
  revisionHistoryLimit,
}: ServiceInput['service']): Partial<MicroserviceReleaseProps> {
  switch (kind ?? 'deployment') {
    case 'statefulset':
      return { statefulSet };
    case 'daemonset':
      return { daemonSet };
    case 'job':
      return { job };
    case 'cronjob':
      return { cronJob };
    default:
      return { strategy, minReadySeconds, revisionHistoryLimit };
  }
}

/** The route of a service that no canary drives. Not pruned: when a canary takes over, Flagger needs time to replace it. */
export function exposeWithoutCanary(chart: ManifestFile, input: ServiceInput, release: MicroserviceRelease): void {
  const { service, platform, domain } = input;
  const port = release.ports[0];
  if (!port) throw new Error(`${service.name}: an exposed service needs a port`);
  const hosts = exposedHosts(service, domain);
  const paths = (service.expose || undefined)?.paths;
  const metadata = {
    name: service.name,
    annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
    labels: { app: service.name, 'app.kubernetes.io/managed-by': 'aviary' },
  };
  const { gateway, mesh } = platform;
  const { exposesBy } = MESH_FACTS[mesh];
  switch (exposesBy) {
    case 'VirtualService':
      new istio.VirtualService(chart, 'route', {
        metadata,
        spec: {
          hosts,
          gateways: [`${gateway.namespace}/${gateway.name}`],
          http: [
            {
              match: paths?.map((prefix) => ({ uri: { prefix } })),
              route: [{ destination: { host: service.name, port: { number: port.port } } }],
            },
          ],
        },
      });
      break;
    case 'HTTPRoute':
      new gatewayApi.HttpRoute(chart, 'route', {
        metadata,
        spec: {
          hostnames: hosts,
          parentRefs: [{ name: gateway.name, namespace: gateway.namespace }],
          rules: [
            {
              matches: paths?.map((value) => ({
                path: { type: gatewayApi.HttpRouteSpecRulesMatchesPathType.PATH_PREFIX, value },
              })),
              backendRefs: [{ name: service.name, port: port.port }],
            },
          ],
        },
      });
      break;
    case 'entrance':
      break;
    case 'nothing':
      throw new Error(`${service.name}: mesh "${mesh}" has no gateway; leave expose out`);
    default:
      throw new Error(`no route for ${exposesBy satisfies never as string}`);
  }
}

/** What leads hosts to a service where an ingress controller shares out traffic. */
function addEntrance(chart: ManifestFile, input: ServiceInput, release: MicroserviceRelease): void {
  const { service, platform, domain } = input;
  const { entrance }: Mesh = MESH_FACTS[platform.mesh];
  const port = release.ports[0];
  if (!entrance || !port) return;
  const objects = entrance({
    name: release.name,
    namespace: release.deployment.metadata.namespace ?? platform.namespace,
    port: port.port,
    protocol: port.protocol === 'grpc' ? 'grpc' : 'http',
    hosts: exposedHosts(service, domain),
    paths: (service.expose || undefined)?.paths ?? ['/'],
    isCanaried: Boolean(service.canary),
    gateway: platform.gateway,
  });
  for (const { metadata, ...object } of objects)
    new ApiObject(chart, `entrance-${metadata.name}`, {
      ...object,
      metadata: { ...metadata, labels: { app: service.name, 'app.kubernetes.io/managed-by': 'aviary' } },
    });
}

/** Who shares out the traffic of a canary: the mesh, or an ingress controller with the object that carries it. */
function sharedBy({ service, platform, domain }: ServiceInput): Partial<CanaryRolloutProps> {
  const { entrance, provider }: Mesh = MESH_FACTS[platform.mesh];
  const { loadTest } = service.canary || {};
  const { reference, comesInBy, sharesAt } = providerOf(provider);
  const { namespace, name } = platform.gateway;
  const expose =
    service.expose && comesInBy
      ? {
          gateways: [`${namespace}/${name}`],
          hosts: exposedHosts(service, domain),
          paths: service.expose.paths,
        }
      : undefined;
  if (!entrance) return { mesh: platform.mesh, loadTest: loadTest || undefined, expose };
  const [host] = exposedHosts(service, domain);
  return {
    provider: Provider.of(provider, reference?.isRequired ? service.name : undefined),
    expose,
    // Where the controller counts, the load has to come by it.
    loadTest: loadTest ? { ...(sharesAt === 'ingress' && { host }), ...loadTest } : undefined,
  };
}

/** A service's canary as props of `CanaryRollout`. */
export function rolloutProps(input: ServiceInput, release: MicroserviceRelease): CanaryRolloutProps {
  const { service, platform } = input;
  const canary = service.canary || {};
  const {
    metrics,
    webhooks,
    alerts,
    primaryScalerReplicas,
    skipAnalysis,
    suspend,
    revertOnDeletion,
    timeout,
    retries,
    spec,
    allow,
  } = canary;
  const { progressDeadlineSeconds = service.progressDeadlineSeconds } = canary;
  const port = release.ports[0];
  if (!port) throw new Error(`${service.name}: a canary needs a port`);
  const readiness = service.probes?.startup ?? service.probes?.readiness;
  return {
    name: service.name,
    namespace: platform.namespace,
    ...sharedBy(input),
    port: { port: port.port, targetPort: port.targetPort, protocol: port.protocol, name: port.name },
    portDiscovery: release.ports.length > 1 ? true : undefined,
    defaults: service.ports?.[0]?.appProtocol === false ? { appProtocol: false } : undefined,
    release,
    analysis: analysisOf(canary),
    metrics: metricsOf(metrics, platform),
    metricTemplates: { namespace: FLAGGER_NAMESPACE },
    prometheusAddress: platform.prometheus.address,
    webhooks,
    alerts:
      platform.alertSeverity && alerts !== false
        ? [
            {
              name: ALERT_PROVIDER,
              severity: platform.alertSeverity,
              providerRef: { name: ALERT_PROVIDER, namespace: FLAGGER_NAMESPACE },
            },
          ]
        : undefined,
    autoscaler: release.autoscaler && { name: release.autoscaler.name, primaryScalerReplicas },
    skipAnalysis,
    suspend,
    revertOnDeletion,
    progressDeadlineSeconds,
    timeout,
    retries,
    spec: spec as CanaryRolloutProps['spec'],
    allow,
    readinessSeconds: readiness?.initialDelaySeconds,
    partOf: input.partOf,
  };
}

/** Checks, each with the store where it is asked. */
function metricsOf(
  metrics: Exclude<ResolvedService['canary'], false | undefined>['metrics'],
  { metricStores }: ServiceInput['platform'],
): CanaryRolloutProps['metrics'] {
  if (!metrics?.custom) return metrics as CanaryRolloutProps['metrics'];
  const custom = metrics.custom.map(({ store: name, ...check }) => {
    const store = name === undefined ? undefined : metricStores?.[name];
    if (!store) return check;
    const { type, ...options } = store;
    return { ...check, store: MetricStore.of(type, options) };
  });
  return { ...metrics, custom };
}

/** The fields of `spec.analysis`, without those of the Canary around it. */
function analysisOf(canary: Exclude<ResolvedService['canary'], false | undefined>): CanaryRolloutProps['analysis'] {
  const {
    interval,
    threshold,
    stepWeight,
    stepWeights,
    maxWeight,
    stepWeightPromotion,
    iterations,
    match,
    mirror,
    mirrorWeight,
    sessionAffinity,
    primaryReadyThreshold,
    canaryReadyThreshold,
  } = canary;
  return {
    interval,
    threshold,
    stepWeight,
    stepWeights,
    maxWeight,
    stepWeightPromotion,
    iterations,
    match,
    mirror,
    mirrorWeight,
    sessionAffinity,
    primaryReadyThreshold,
    canaryReadyThreshold,
  };
}

function imageOf({ name, image = {} }: ServiceInput['service'], registry: string | undefined): string {
  if (image.repository === undefined && registry === undefined)
    throw new Error(`${name}: nothing says where its image is`);
  const repository = image.repository ?? `${registry}/${name}`;
  return `${repository}${image.tag ? `:${image.tag}` : ''}${image.digest ? `@${image.digest}` : ''}`;
}

type CatalogEnv = ServiceInput['service']['env'];

function env(values: CatalogEnv, input: ServiceInput): Record<string, EnvValue> | undefined {
  if (!values) return undefined;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, envValue(value, input)]));
}

function envValue(value: NonNullable<CatalogEnv>[string], input: ServiceInput): EnvValue {
  if (typeof value === 'string') return value;
  if ('secret' in value) return { secretKeyRef: value.secret };
  if ('configMap' in value) return { configMapKeyRef: value.configMap };
  if ('field' in value) return { fieldPath: value.field };
  if ('resource' in value)
    return {
      resourceFieldRef: { resource: value.resource, containerName: value.container, divisor: value.divisor },
    };
  const ports = input.ports[value.service] ?? [];
  const port =
    ports.find(({ name, port: number, protocol }) => value.port === number || value.port === (name ?? protocol)) ??
    ports[0];
  if (!port) throw new Error(`${input.service.name}: the service "${value.service}" has no port to refer to`);
  const host = input.hosts?.[value.service] ?? value.service;
  switch (value.format ?? 'host:port') {
    case 'host:port':
      return `${host}:${port.port}`;
    case 'host':
      return host;
    case 'port':
      return String(port.port);
    case 'url':
      return `http://${host}:${port.port}`;
  }
}
