import { isDeepStrictEqual } from 'node:util';
import {
  apiGroup,
  atPath,
  type Fields,
  fieldsAt,
  isFields,
  type KubeObject,
  LAST_APPLIED_ANNOTATION,
  listAt,
  SERVER_METADATA,
  textAt,
} from '../kube';

/** Why an object of a dump is not taken over: a cluster, not a person, made it. */
export interface LeftOut {
  readonly object: KubeObject;
  /** A sentence without its end: `made by ReplicaSet web-5d4`. */
  readonly reason: string;
}

/** Fields of `metadata` that nobody writes by hand. */
const UNWRITTEN_METADATA = [...SERVER_METADATA, 'deletionGracePeriodSeconds', 'deletionTimestamp'];

/**
 * Annotations that kubectl, controllers and Helm write; none of them says what a person wanted.
 * @see kubernetes.io/docs/reference/labels-annotations-taints
 */
const SERVER_ANNOTATIONS = new Set([
  'autoscaling.alpha.kubernetes.io/conditions',
  'autoscaling.alpha.kubernetes.io/current-metrics',
  'batch.kubernetes.io/job-tracking',
  'control-plane.alpha.kubernetes.io/leader',
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'endpoints.kubernetes.io/last-change-trigger-time',
  LAST_APPLIED_ANNOTATION,
  'meta.helm.sh/release-name',
  'meta.helm.sh/release-namespace',
  'pv.kubernetes.io/bind-completed',
  'pv.kubernetes.io/bound-by-controller',
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/selected-node',
]);

/** Kinds that only controllers make. */
const CONTROLLER_KINDS: Readonly<Record<string, string>> = {
  ControllerRevision: 'the history of a StatefulSet or DaemonSet',
  Endpoints: 'written by the cluster for a Service',
  EndpointSlice: 'written by the cluster for a Service',
  Event: 'an event',
  Lease: 'a lock of a controller',
  Node: 'a node of the cluster',
  VolumeAttachment: 'written by the cluster for a volume',
};

/** Namespaces that come with Kubernetes. @see kubernetes.io/docs/concepts/overview/working-with-objects/namespaces */
const SYSTEM_NAMESPACES = new Set(['kube-system', 'kube-public', 'kube-node-lease']);

/** ConfigMaps that controllers put into every namespace. */
const PUBLISHED_CONFIG = new Set(['kube-root-ca.crt', 'istio-ca-root-cert', 'openshift-service-ca.crt']);

/** What Helm runs when a release leaves or goes back. @see helm.sh/docs/topics/charts_hooks */
const LATE_HOOKS = /^(pre|post)-(delete|rollback)$|^test(-success|-failure)?$/;

/** Why nobody wrote this object; undefined for one that somebody did. */
export function madeByCluster(object: KubeObject): string | undefined {
  const { kind, metadata } = object;
  const owner = listAt(metadata, 'ownerReferences').find((one) => isFields(one) && one.controller === true);
  if (owner !== undefined) return `made by ${textAt(owner, 'kind')} ${textAt(owner, 'name')}`;
  const hooks = textAt(metadata, 'annotations', 'helm.sh/hook')
    ?.split(',')
    .map((hook) => hook.trim());
  if (hooks?.every((hook) => LATE_HOOKS.test(hook)))
    return `a hook that Helm runs at ${hooks.join(' and ')}; Flux would run it at once`;
  if (isPartOfFlux(object)) return 'a part of Flux itself, which "flux install" keeps and no tree does';
  const what = CONTROLLER_KINDS[kind];
  // Endpoints by hand are those of a Service without selector; they carry no trigger time.
  if (kind === 'Endpoints' || kind === 'EndpointSlice') return isWrittenByHand(object) ? undefined : what;
  if (what !== undefined) return what;
  const namespace = kind === 'Namespace' ? metadata.name : (metadata.namespace ?? '');
  // Of a live cluster: what somebody has in manifests is his own.
  if (SYSTEM_NAMESPACES.has(namespace) && (kind === 'Namespace' || textAt(metadata, 'uid') !== undefined))
    return `in the namespace ${namespace}, which comes with Kubernetes`;
  if (kind === 'ConfigMap' && PUBLISHED_CONFIG.has(metadata.name)) return 'put into every namespace by a controller';
  if (kind === 'ServiceAccount' && metadata.name === 'default' && !isChangedAccount(object))
    return 'the account that every namespace has';
  if (kind === 'Secret') {
    const type = textAt(object, 'type');
    if (type === 'helm.sh/release.v1') return "Helm's record of a release";
    if (type === 'kubernetes.io/service-account-token') return 'the token of a service account';
  }
  if (kind === 'Service' && metadata.name === 'kubernetes' && textAt(metadata, 'labels', 'component') === 'apiserver')
    return "the API server's own Service";
  if (kind === 'PersistentVolume' && textAt(metadata, 'annotations', 'pv.kubernetes.io/provisioned-by') !== undefined)
    return 'made for a claim by a storage class';
  return undefined;
}

/** The controllers, their definitions and rights. @see fluxcd/flux2 v2.9 manifests/install/kustomization.yaml */
function isPartOfFlux({ metadata }: KubeObject): boolean {
  const { name, namespace = name, labels } = metadata;
  const isOfCluster = metadata.namespace === undefined;
  return labels?.['app.kubernetes.io/part-of'] === 'flux' && (isOfCluster || namespace === 'flux-system');
}

function isWrittenByHand({ kind, metadata }: KubeObject): boolean {
  if (kind === 'EndpointSlice')
    return textAt(metadata, 'labels', 'endpointslice.kubernetes.io/managed-by') !== 'endpointslice-controller.k8s.io';
  return (
    textAt(metadata, 'uid') === undefined &&
    textAt(metadata, 'annotations', 'endpoints.kubernetes.io/last-change-trigger-time') === undefined
  );
}

function isChangedAccount(account: KubeObject): boolean {
  return (
    listAt(account, 'imagePullSecrets').length > 0 ||
    account.automountServiceAccountToken !== undefined ||
    Object.keys(fieldsAt(account.metadata, 'annotations')).some((key) => !SERVER_ANNOTATIONS.has(key))
  );
}

/** The object as somebody would write it: without status and without what only a server fills in. */
export function withoutServerFields(object: KubeObject): KubeObject {
  const { status: _, ...rest } = withoutNothing(inCurrentVersion(object));
  const cleaned: Record<string, unknown> = { ...rest, metadata: cleanMetadata(object) };
  // Of a live object only: a manifest's value stands there because somebody wanted it.
  const isLive =
    textAt(object.metadata, 'uid') !== undefined || textAt(object.metadata, 'resourceVersion') !== undefined;
  if (isLive) cleanLive(cleaned, object);
  // The finalizer of every Namespace.
  if (object.kind === 'Namespace' && object.apiVersion === 'v1') delete cleaned.spec;
  return withoutTemplateName(cleaned as unknown as KubeObject);
}

/** Groups whose objects the API server reads into its own types: there `null` is no value, and an empty text none where it means none. */
const OWN_GROUPS = new Set([
  '',
  'apps',
  'autoscaling',
  'batch',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
]);

/** Fields that say the same when their map is empty as when it is absent. */
const EMPTY_MAPS = new Set([
  'affinity',
  'annotations',
  'capabilities',
  'dnsConfig',
  'labels',
  'lifecycle',
  'limits',
  'nodeAffinity',
  'nodeSelector',
  'podAffinity',
  'podAntiAffinity',
  'requests',
  'resources',
  'securityContext',
  'seLinuxOptions',
  'windowsOptions',
]);

/** Fields for which the empty text is the absent value. `storageClassName: ""` and `apiGroups: [""]` say something. */
const EMPTY_TEXTS = new Set([
  'allocateLoadBalancerNodePorts',
  'appProtocol',
  'clusterIP',
  'concurrencyPolicy',
  'dnsPolicy',
  'externalName',
  'externalTrafficPolicy',
  'hostname',
  'imagePullPolicy',
  'internalTrafficPolicy',
  'ipFamilyPolicy',
  'loadBalancerClass',
  'loadBalancerIP',
  'nodePort',
  'podManagementPolicy',
  'priorityClassName',
  'protocol',
  'runtimeClassName',
  'schedulerName',
  'scheme',
  'serviceAccount',
  'serviceAccountName',
  'sessionAffinity',
  'subdomain',
  'subPath',
  'subPathExpr',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'volumeName',
  'workingDir',
]);

/** Fields whose keys are somebody's own words. */
const WORDS = new Set(['annotations', 'binaryData', 'data', 'labels', 'matchLabels', 'nodeSelector', 'stringData']);

/** Without what says nothing: templates of charts leave much of it behind. */
function withoutNothing(object: KubeObject): KubeObject {
  if (!OWN_GROUPS.has(apiGroup(object.apiVersion))) return object;
  return sayingSomething(object, '') as KubeObject;
}

function sayingSomething(value: unknown, key: string): unknown {
  if (Array.isArray(value))
    return value
      .filter((item) => item !== null)
      .map((item) => (typeof item === 'object' ? sayingSomething(item, '') : item));
  if (!isFields(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) {
    if (child === null || child === undefined) continue;
    const said = typeof child === 'object' ? sayingSomething(child, name) : child;
    const isNothing =
      !WORDS.has(key) &&
      ((said === '' && EMPTY_TEXTS.has(name)) ||
        (EMPTY_MAPS.has(name) && isFields(said) && Object.keys(said).length === 0));
    if (!isNothing) kept[name] = said;
  }
  return kept;
}

/**
 * Versions that are gone, in the one that has the same fields now.
 * @see kubernetes.io/docs/reference/using-api/deprecation-guide
 */
const CURRENT: Readonly<Record<string, string>> = {
  'extensions/v1beta1 Deployment': 'apps/v1',
  'extensions/v1beta1 DaemonSet': 'apps/v1',
  'apps/v1beta1 Deployment': 'apps/v1',
  'apps/v1beta1 StatefulSet': 'apps/v1',
  'apps/v1beta2 Deployment': 'apps/v1',
  'apps/v1beta2 DaemonSet': 'apps/v1',
  'apps/v1beta2 StatefulSet': 'apps/v1',
  'batch/v1beta1 CronJob': 'batch/v1',
  'policy/v1beta1 PodDisruptionBudget': 'policy/v1',
};

/** The old versions took the selector from the template's labels; the new one wants it written out. */
function inCurrentVersion(object: KubeObject): KubeObject {
  const apiVersion = CURRENT[`${object.apiVersion} ${object.kind}`];
  if (apiVersion === undefined) return object;
  const spec = fieldsAt(object.spec);
  const labels = fieldsAt(spec, 'template', 'metadata', 'labels');
  if (apiVersion !== 'apps/v1' || isFields(spec.selector) || Object.keys(labels).length === 0)
    return { ...object, apiVersion };
  return { ...object, apiVersion, spec: { ...spec, selector: { matchLabels: labels } } };
}

/** The API server keeps a name in a pod template and nobody reads it. */
function withoutTemplateName(object: KubeObject): KubeObject {
  const path = object.kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template'] : ['spec', 'template'];
  const metadata = fieldsAt(atPath(object, path), 'metadata');
  const kept = without(metadata, (key) => key === 'name' || key === 'creationTimestamp' || key === 'namespace');
  if (Object.keys(kept).length === Object.keys(metadata).length) return object;
  return replacedAt(object, [...path, 'metadata'], kept) as KubeObject;
}

function replacedAt(value: unknown, [step, ...rest]: readonly string[], inner: unknown): unknown {
  if (step === undefined) return inner;
  return { ...(value as Fields), [step]: replacedAt((value as Fields)[step], rest, inner) };
}

function cleanMetadata({ kind, metadata }: KubeObject): Fields {
  const cleaned: Record<string, unknown> = {};
  const isLive = textAt(metadata, 'uid') !== undefined;
  for (const [key, value] of Object.entries(metadata)) {
    if (UNWRITTEN_METADATA.includes(key)) continue;
    // Those of a live object are the work of controllers.
    if (isLive && (key === 'finalizers' || key === 'ownerReferences')) continue;
    cleaned[key] = value;
  }
  const annotations = without(fieldsAt(metadata, 'annotations'), (key) => SERVER_ANNOTATIONS.has(key));
  if (Object.keys(annotations).length > 0) cleaned.annotations = annotations;
  else delete cleaned.annotations;
  if (kind === 'Namespace') {
    // Set by the API server to the name itself.
    const labels = without(fieldsAt(metadata, 'labels'), (key) => key === 'kubernetes.io/metadata.name');
    if (Object.keys(labels).length > 0) cleaned.labels = labels;
    else delete cleaned.labels;
  }
  return cleaned;
}

/** What the API server and controllers fill in in the spec of a live object. */
function cleanLive(cleaned: Record<string, unknown>, { kind, apiVersion, spec, metadata }: KubeObject): void {
  const group = apiGroup(apiVersion);
  if (group === '' && kind === 'Service') cleaned.spec = cleanService(fieldsOf(spec));
  if (group === '' && kind === 'PersistentVolumeClaim')
    cleaned.spec = without(fieldsOf(spec), (key) => key === 'volumeName');
  if (group === '' && kind === 'ServiceAccount') {
    const secrets = listAt(cleaned, 'secrets').filter(
      (secret) => !(textAt(secret, 'name') ?? '').startsWith(`${metadata.name}-token-`),
    );
    if (secrets.length > 0) cleaned.secrets = secrets;
    else delete cleaned.secrets;
  }
  if (group === 'batch' && kind === 'Job') cleaned.spec = cleanJob(fieldsOf(spec));
  if (group === 'apps') cleaned.spec = cleanWorkload(fieldsOf(cleaned.spec));
}

/** Values that the API server writes where nobody wrote one. @see kubernetes v1.36 pkg/apis/core/v1/defaults.go, apps/v1/defaults.go */
const DEFAULTS: Readonly<Record<'workload' | 'pod' | 'container' | 'probe', Fields>> = {
  workload: {
    progressDeadlineSeconds: 600,
    revisionHistoryLimit: 10,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
  },
  pod: { dnsPolicy: 'ClusterFirst', schedulerName: 'default-scheduler', terminationGracePeriodSeconds: 30 },
  container: { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' },
  probe: { failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 },
};

const withoutDefaults = (fields: Fields, kind: keyof typeof DEFAULTS): Fields =>
  without(fields, (key, value) => DEFAULTS[kind][key] !== undefined && isDeepStrictEqual(DEFAULTS[kind][key], value));

/** The spec of a live Deployment, StatefulSet or DaemonSet as somebody would write it. */
function cleanWorkload(spec: Fields): Fields {
  const template = fieldsAt(spec, 'template');
  const pod = withoutDefaults(fieldsAt(template, 'spec'), 'pod');
  const containers = (field: string) =>
    pod[field] === undefined
      ? {}
      : { [field]: listAt(pod, field).map((one) => (isFields(one) ? cleanContainer(one) : one)) };
  return {
    ...withoutDefaults(spec, 'workload'),
    ...(isFields(spec.template) && {
      template: { ...template, spec: { ...pod, ...containers('containers'), ...containers('initContainers') } },
    }),
  };
}

function cleanContainer(container: Fields): Fields {
  const cleaned: Record<string, unknown> = { ...withoutDefaults(container, 'container') };
  for (const probe of ['readinessProbe', 'livenessProbe', 'startupProbe'])
    if (isFields(container[probe])) cleaned[probe] = withoutDefaults(container[probe], 'probe');
  return cleaned;
}

/** Addresses are the cluster's; `None` is what a person writes for a headless Service. */
function cleanService(spec: Fields): Fields {
  const isHeadless = spec.clusterIP === 'None';
  return without(
    spec,
    (key, value) =>
      (key === 'clusterIP' && !isHeadless) ||
      key === 'clusterIPs' ||
      key === 'ipFamilies' ||
      key === 'healthCheckNodePort' ||
      (key === 'ipFamilyPolicy' && value === 'SingleStack'),
  );
}

/** The Job controller labels the pods and selects by these labels, unless `manualSelector` says that it must not. */
function cleanJob(spec: Fields): Fields {
  if (spec.manualSelector === true) return spec;
  const template = fieldsAt(spec, 'template');
  const metadata = fieldsAt(template, 'metadata');
  const labels = without(
    fieldsAt(metadata, 'labels'),
    (key) => key === 'controller-uid' || key === 'job-name' || key.startsWith('batch.kubernetes.io/'),
  );
  const { labels: _, creationTimestamp: __, ...rest } = metadata;
  return {
    ...without(spec, (key) => key === 'selector'),
    template: { ...template, metadata: { ...rest, ...(Object.keys(labels).length > 0 ? { labels } : {}) } },
  };
}

function without(fields: Fields, isLeftOut: (key: string, value: unknown) => boolean): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key, value]) => !isLeftOut(key, value)));
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
