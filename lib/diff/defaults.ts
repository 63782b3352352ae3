import { type Fields, fieldsAt, isFields, type KubeObject, listAt, textAt } from '../kube';

/**
 * What the API server writes into a field that nobody set. `*` is each item of a list. A manifest that writes a default out
 * and one that leaves it away are the same.
 * @see kubernetes v1.34 pkg/apis/core/v1/defaults.go, pkg/apis/apps/v1/defaults.go, pkg/apis/batch/v1/defaults.go
 */
type Defaults = Readonly<Record<string, unknown>>;

const PROBE: Defaults = {
  timeoutSeconds: 1,
  periodSeconds: 10,
  successThreshold: 1,
  failureThreshold: 3,
  initialDelaySeconds: 0,
  'httpGet/scheme': 'HTTP',
  'httpGet/path': '/',
  'grpc/service': '',
};

const below = (prefix: string, defaults: Defaults): Defaults =>
  Object.fromEntries(Object.entries(defaults).map(([path, value]) => [`${prefix}/${path}`, value]));

const CONTAINER: Defaults = {
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  stdin: false,
  stdinOnce: false,
  tty: false,
  'ports/*/protocol': 'TCP',
  'env/*/value': '',
  'env/*/valueFrom/fieldRef/apiVersion': 'v1',
  'env/*/valueFrom/configMapKeyRef/optional': false,
  'env/*/valueFrom/secretKeyRef/optional': false,
  'volumeMounts/*/readOnly': false,
  'securityContext/privileged': false,
  'securityContext/procMount': 'Default',
  ...below('livenessProbe', PROBE),
  ...below('readinessProbe', PROBE),
  ...below('startupProbe', PROBE),
};

const POD: Defaults = {
  restartPolicy: 'Always',
  dnsPolicy: 'ClusterFirst',
  terminationGracePeriodSeconds: 30,
  schedulerName: 'default-scheduler',
  enableServiceLinks: true,
  hostNetwork: false,
  hostPID: false,
  hostIPC: false,
  shareProcessNamespace: false,
  ...below('containers/*', CONTAINER),
  ...below('initContainers/*', CONTAINER),
  'volumes/*/configMap/defaultMode': 420,
  'volumes/*/configMap/optional': false,
  'volumes/*/secret/defaultMode': 420,
  'volumes/*/secret/optional': false,
  'volumes/*/projected/defaultMode': 420,
  'volumes/*/downwardAPI/defaultMode': 420,
  'volumes/*/hostPath/type': '',
};

const FLUX: Defaults = { 'spec/suspend': false };

const BY_KIND: Readonly<Record<string, Defaults>> = {
  Deployment: {
    'spec/strategy/type': 'RollingUpdate',
    'spec/strategy/rollingUpdate/maxSurge': '25%',
    'spec/strategy/rollingUpdate/maxUnavailable': '25%',
    'spec/progressDeadlineSeconds': 600,
    'spec/revisionHistoryLimit': 10,
    'spec/minReadySeconds': 0,
    'spec/paused': false,
  },
  StatefulSet: {
    'spec/podManagementPolicy': 'OrderedReady',
    'spec/updateStrategy/type': 'RollingUpdate',
    'spec/updateStrategy/rollingUpdate/partition': 0,
    'spec/revisionHistoryLimit': 10,
    'spec/minReadySeconds': 0,
    'spec/volumeClaimTemplates/*/spec/volumeMode': 'Filesystem',
  },
  DaemonSet: {
    'spec/updateStrategy/type': 'RollingUpdate',
    'spec/updateStrategy/rollingUpdate/maxSurge': 0,
    'spec/updateStrategy/rollingUpdate/maxUnavailable': 1,
    'spec/revisionHistoryLimit': 10,
    'spec/minReadySeconds': 0,
  },
  Job: { 'spec/backoffLimit': 6, 'spec/completions': 1, 'spec/parallelism': 1, 'spec/suspend': false },
  CronJob: {
    'spec/concurrencyPolicy': 'Allow',
    'spec/suspend': false,
    'spec/successfulJobsHistoryLimit': 3,
    'spec/failedJobsHistoryLimit': 1,
  },
  Service: {
    'spec/type': 'ClusterIP',
    'spec/sessionAffinity': 'None',
    'spec/internalTrafficPolicy': 'Cluster',
    'spec/externalTrafficPolicy': 'Cluster',
    'spec/publishNotReadyAddresses': false,
    'spec/ports/*/protocol': 'TCP',
  },
  PersistentVolumeClaim: { 'spec/volumeMode': 'Filesystem' },
  Secret: { type: 'Opaque' },
  HorizontalPodAutoscaler: { 'spec/minReplicas': 1 },
  NetworkPolicy: { 'spec/ingress/*/ports/*/protocol': 'TCP', 'spec/egress/*/ports/*/protocol': 'TCP' },
  Kustomization: { ...FLUX, 'spec/wait': false, 'spec/force': false },
  HelmRelease: FLUX,
  GitRepository: FLUX,
  HelmRepository: FLUX,
  OCIRepository: FLUX,
  // @see fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go
  Canary: {
    'spec/suspend': false,
    'spec/skipAnalysis': false,
    'spec/revertOnDeletion': false,
    'spec/progressDeadlineSeconds': 600,
    'spec/service/portDiscovery': false,
    'spec/analysis/webhooks/*/muteAlert': false,
  },
};

/** Where the pod spec stands in an object of the kind. */
const POD_SPEC: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  Pod: ['spec'],
};

type Mutable = Record<string, unknown>;

/** Fields of metadata that the API server or kubectl writes. */
const SERVER_METADATA = ['creationTimestamp', 'generation', 'managedFields', 'resourceVersion', 'selfLink', 'uid'];
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Fields that mean the same empty and absent. */
const EMPTY_MEANS_ABSENT = new Set(
  (
    'labels annotations env envFrom args command volumes volumeMounts initContainers imagePullSecrets tolerations ' +
    'resources limits requests securityContext nodeSelector affinity finalizers ownerReferences strategy rollingUpdate updateStrategy ' +
    'hostAliases data stringData binaryData dependsOn valuesFrom values'
  ).split(' '),
);

/** The object with every default left away: two of these are equal where the API server makes the same of both. */
export function withoutDefaults(object: KubeObject): KubeObject {
  const copy = structuredClone(object) as unknown as Mutable;
  delete copy.status;
  const metadata = copy.metadata as Mutable;
  for (const field of SERVER_METADATA) delete metadata[field];
  if (isFields(metadata.annotations)) delete (metadata.annotations as Mutable)[LAST_APPLIED];
  const podPath = POD_SPEC[object.kind];
  const pod = podPath?.reduce<unknown>((value, step) => (isFields(value) ? value[step] : undefined), copy);
  if (isFields(pod)) readPod(pod as Mutable, object.kind);
  for (const [path, value] of Object.entries(BY_KIND[object.kind] ?? {})) dropDefault(copy, path.split('/'), value);
  if (object.kind === 'Service') readService(copy);
  if (object.kind === 'NetworkPolicy') readNetworkPolicy(copy);
  if (object.kind === 'Secret') readSecret(copy);
  dropEmpty(copy);
  return copy as unknown as KubeObject;
}

function readPod(pod: Mutable, kind: string): void {
  // The deprecated name of the same field.
  if (pod.serviceAccount === pod.serviceAccountName) delete pod.serviceAccount;
  for (const list of ['containers', 'initContainers'])
    for (const container of listAt(pod, list)) if (isFields(container)) readContainer(container as Mutable);
  for (const [path, value] of Object.entries(POD)) {
    // A Job has to say it, a CronJob too.
    if (path === 'restartPolicy' && (kind === 'Job' || kind === 'CronJob')) continue;
    dropDefault(pod, path.split('/'), value);
  }
}

function readContainer(container: Mutable): void {
  const image = textAt(container, 'image') ?? '';
  const named = image.slice(image.lastIndexOf('/') + 1);
  const isMutableTag = !image.includes('@') && (!named.includes(':') || named.endsWith(':latest'));
  if (container.imagePullPolicy === (isMutableTag ? 'Always' : 'IfNotPresent')) delete container.imagePullPolicy;
  const { limits, requests } = fieldsAt(container, 'resources');
  if (!isFields(limits)) return;
  // What has a limit and no request requests its limit.
  container.resources = { ...fieldsAt(container, 'resources'), requests: { ...limits, ...fieldsAt(requests) } };
}

function readService(service: Mutable): void {
  for (const port of listAt(service, 'spec', 'ports'))
    if (isFields(port) && port.targetPort === port.port) delete (port as Mutable).targetPort;
}

/** `policyTypes` follows from what is there. @see kubernetes v1.34 pkg/apis/networking/v1/defaults.go */
function readNetworkPolicy(policy: Mutable): void {
  const spec = policy.spec;
  if (!isFields(spec) || spec.policyTypes !== undefined) return;
  (spec as Mutable).policyTypes = spec.egress === undefined ? ['Ingress'] : ['Ingress', 'Egress'];
}

/** `stringData` is written into `data`. */
function readSecret(secret: Mutable): void {
  const { stringData } = secret;
  if (!isFields(stringData)) return;
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  secret.data = { ...fieldsAt(secret, 'data'), ...Object.fromEntries(encoded) };
  delete secret.stringData;
}

function dropDefault(node: unknown, [step, ...rest]: readonly string[], value: unknown): void {
  if (step === '*') {
    if (Array.isArray(node)) for (const item of node) dropDefault(item, rest, value);
  } else if (isFields(node) && step !== undefined) {
    if (rest.length > 0) dropDefault(node[step], rest, value);
    else if (node[step] === value) delete (node as Mutable)[step];
  }
}

function dropEmpty(node: unknown): void {
  if (Array.isArray(node)) for (const item of node) dropEmpty(item);
  if (!isFields(node)) return;
  for (const [key, value] of Object.entries(node as Fields)) {
    dropEmpty(value);
    const isEmpty = Array.isArray(value) ? value.length === 0 : isFields(value) && Object.keys(value).length === 0;
    if (value === null || value === undefined || (isEmpty && EMPTY_MEANS_ABSENT.has(key)))
      delete (node as Mutable)[key];
  }
}
