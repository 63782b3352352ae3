import { at, type Fields, isFields, type KubeObject } from '../kube';

type Mutable = Record<string, unknown>;

/**
 * Fills in what the API server fills in, in place: two objects that differ in written-out defaults alone are the same object.
 * Only for the kinds that people write by hand; a field of another kind is taken as it stands.
 * @see kubernetes/kubernetes v1.36 pkg/apis/core/v1/defaults.go, apps/v1/defaults.go, batch/v1/defaults.go,
 *   networking/v1/defaults.go, rbac/v1/defaults.go, autoscaling/v2/defaults.go
 */
export function fillInDefaults(object: KubeObject): void {
  const spec = childOf(object, 'spec');
  switch (object.kind) {
    case 'Deployment':
      if (spec) deployment(spec);
      break;
    case 'StatefulSet':
      if (spec) statefulSet(spec);
      break;
    case 'DaemonSet':
      if (spec) daemonSet(spec);
      break;
    case 'ReplicaSet':
    case 'ReplicationController':
      if (spec) {
        set(spec, 'replicas', 1);
        podTemplate(childOf(spec, 'template'));
      }
      break;
    case 'Job':
      if (spec) job(spec);
      break;
    case 'CronJob':
      if (spec) cronJob(spec);
      break;
    case 'Pod':
      if (spec) podSpec(spec);
      break;
    case 'Service':
      if (spec) service(spec);
      break;
    case 'Secret':
      set(object as unknown as Mutable, 'type', 'Opaque');
      break;
    case 'PersistentVolumeClaim':
      if (spec) set(spec, 'volumeMode', 'Filesystem');
      break;
    case 'HorizontalPodAutoscaler':
      if (spec) set(spec, 'minReplicas', 1);
      break;
    case 'Kustomization':
    case 'HelmRelease':
    case 'GitRepository':
    case 'OCIRepository':
    case 'HelmRepository':
      // Flux reads an absent flag as false.
      for (const flag of ['suspend', 'wait', 'force']) if (spec) withoutFalse(spec, flag);
      break;
    case 'Canary':
      if (spec) canary(spec);
      break;
    case 'NetworkPolicy':
      if (spec) networkPolicy(spec);
      break;
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      binding(object as unknown as Mutable);
      break;
    default:
  }
}

function deployment(spec: Mutable): void {
  set(spec, 'replicas', 1);
  set(spec, 'revisionHistoryLimit', 10);
  set(spec, 'progressDeadlineSeconds', 600);
  const strategy = ensure(spec, 'strategy');
  set(strategy, 'type', 'RollingUpdate');
  if (strategy.type === 'RollingUpdate') {
    const rolling = ensure(strategy, 'rollingUpdate');
    set(rolling, 'maxUnavailable', '25%');
    set(rolling, 'maxSurge', '25%');
  }
  podTemplate(childOf(spec, 'template'));
}

function statefulSet(spec: Mutable): void {
  set(spec, 'replicas', 1);
  set(spec, 'revisionHistoryLimit', 10);
  set(spec, 'podManagementPolicy', 'OrderedReady');
  const strategy = ensure(spec, 'updateStrategy');
  set(strategy, 'type', 'RollingUpdate');
  if (strategy.type === 'RollingUpdate') set(ensure(strategy, 'rollingUpdate'), 'partition', 0);
  const retention = ensure(spec, 'persistentVolumeClaimRetentionPolicy');
  set(retention, 'whenDeleted', 'Retain');
  set(retention, 'whenScaled', 'Retain');
  for (const claim of itemsOf(spec.volumeClaimTemplates)) {
    // The server writes both into each template that says neither.
    set(claim, 'apiVersion', 'v1');
    set(claim, 'kind', 'PersistentVolumeClaim');
    delete claim.status;
    set(ensure(claim, 'spec'), 'volumeMode', 'Filesystem');
  }
  podTemplate(childOf(spec, 'template'));
}

function daemonSet(spec: Mutable): void {
  set(spec, 'revisionHistoryLimit', 10);
  const strategy = ensure(spec, 'updateStrategy');
  set(strategy, 'type', 'RollingUpdate');
  if (strategy.type === 'RollingUpdate') {
    const rolling = ensure(strategy, 'rollingUpdate');
    set(rolling, 'maxUnavailable', 1);
    set(rolling, 'maxSurge', 0);
  }
  podTemplate(childOf(spec, 'template'));
}

function job(spec: Mutable): void {
  // Without either, one pod; with `completions` alone, one pod at a time.
  if (spec.completions === undefined && spec.parallelism === undefined) set(spec, 'completions', 1);
  set(spec, 'parallelism', 1);
  set(spec, 'backoffLimit', 6);
  set(spec, 'completionMode', 'NonIndexed');
  set(spec, 'suspend', false);
  set(spec, 'podReplacementPolicy', 'TerminatingOrFailed');
  podTemplate(childOf(spec, 'template'));
}

function cronJob(spec: Mutable): void {
  set(spec, 'concurrencyPolicy', 'Allow');
  set(spec, 'suspend', false);
  set(spec, 'successfulJobsHistoryLimit', 3);
  set(spec, 'failedJobsHistoryLimit', 1);
  const jobSpec = childOf(childOf(spec, 'jobTemplate'), 'spec');
  if (jobSpec) job(jobSpec);
}

function podTemplate(template: Mutable | undefined): void {
  const spec = childOf(template, 'spec');
  if (spec) podSpec(spec);
}

function podSpec(spec: Mutable): void {
  set(spec, 'restartPolicy', 'Always');
  set(spec, 'dnsPolicy', 'ClusterFirst');
  set(spec, 'schedulerName', 'default-scheduler');
  set(spec, 'terminationGracePeriodSeconds', 30);
  set(spec, 'enableServiceLinks', true);
  // The older name of the same field; the server writes both.
  if (spec.serviceAccountName === undefined && spec.serviceAccount !== undefined)
    spec.serviceAccountName = spec.serviceAccount;
  delete spec.serviceAccount;
  if (spec.serviceAccountName === 'default') delete spec.serviceAccountName;
  for (const flag of ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace'])
    if (spec[flag] === false) delete spec[flag];
  for (const container of [...itemsOf(spec.containers), ...itemsOf(spec.initContainers)]) aContainer(container, spec);
  for (const volume of itemsOf(spec.volumes)) aVolume(volume);
  for (const toleration of itemsOf(spec.tolerations)) if (toleration.operator === 'Equal') delete toleration.operator;
  for (const spread of itemsOf(spec.topologySpreadConstraints)) {
    set(spread, 'nodeAffinityPolicy', 'Honor');
    set(spread, 'nodeTaintsPolicy', 'Ignore');
  }
}

function aContainer(container: Mutable, spec: Mutable): void {
  set(container, 'terminationMessagePath', '/dev/termination-log');
  set(container, 'terminationMessagePolicy', 'File');
  if (typeof container.image === 'string') set(container, 'imagePullPolicy', pullPolicy(container.image));
  for (const flag of ['stdin', 'stdinOnce', 'tty']) if (container[flag] === false) delete container[flag];
  for (const port of itemsOf(container.ports)) {
    set(port, 'protocol', 'TCP');
    if (spec.hostNetwork === true) set(port, 'hostPort', port.containerPort);
  }
  for (const variable of itemsOf(container.env)) {
    // An empty value is no value.
    if (variable.value === '') delete variable.value;
    const field = childOf(childOf(variable, 'valueFrom'), 'fieldRef');
    if (field) set(field, 'apiVersion', 'v1');
    const resource = childOf(childOf(variable, 'valueFrom'), 'resourceFieldRef');
    if (resource?.divisor === '0') delete resource.divisor;
    for (const kind of ['secretKeyRef', 'configMapKeyRef'])
      withoutFalse(childOf(childOf(variable, 'valueFrom'), kind), 'optional');
  }
  for (const source of itemsOf(container.envFrom))
    for (const kind of ['secretRef', 'configMapRef']) withoutFalse(childOf(source, kind), 'optional');
  for (const mount of itemsOf(container.volumeMounts)) {
    withoutFalse(mount, 'readOnly');
    if (mount.subPath === '') delete mount.subPath;
    if (mount.mountPropagation === 'None') delete mount.mountPropagation;
  }
  for (const kind of ['readinessProbe', 'livenessProbe', 'startupProbe']) {
    const probe = childOf(container, kind);
    if (probe) aProbe(probe);
  }
  const lifecycle = childOf(container, 'lifecycle');
  for (const hook of ['postStart', 'preStop']) httpGet(childOf(childOf(lifecycle, hook), 'httpGet'));
  // A limit without a request is the request too.
  const resources = childOf(container, 'resources');
  const limits = childOf(resources, 'limits');
  if (resources && limits) {
    const requests = ensure(resources, 'requests');
    for (const [name, limit] of Object.entries(limits)) set(requests, name, limit);
  }
}

function aProbe(probe: Mutable): void {
  set(probe, 'initialDelaySeconds', 0);
  set(probe, 'timeoutSeconds', 1);
  set(probe, 'periodSeconds', 10);
  set(probe, 'successThreshold', 1);
  set(probe, 'failureThreshold', 3);
  httpGet(childOf(probe, 'httpGet'));
  const grpc = childOf(probe, 'grpc');
  if (grpc) set(grpc, 'service', '');
}

function httpGet(action: Mutable | undefined): void {
  if (!action) return;
  set(action, 'path', '/');
  set(action, 'scheme', 'HTTP');
}

function aVolume(volume: Mutable): void {
  // A volume without a source is an empty folder.
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  for (const kind of ['configMap', 'secret', 'downwardAPI', 'projected']) {
    const source = childOf(volume, kind);
    if (!source) continue;
    set(source, 'defaultMode', 0o644);
    withoutFalse(source, 'optional');
    for (const part of itemsOf(source.sources)) {
      const token = childOf(part, 'serviceAccountToken');
      if (token) set(token, 'expirationSeconds', 3600);
      for (const name of ['configMap', 'secret']) withoutFalse(childOf(part, name), 'optional');
      fieldRefs(childOf(part, 'downwardAPI'));
    }
    if (kind === 'downwardAPI') fieldRefs(source);
  }
  const host = childOf(volume, 'hostPath');
  if (host) set(host, 'type', '');
  const claim = childOf(volume, 'persistentVolumeClaim');
  withoutFalse(claim, 'readOnly');
  const template = childOf(childOf(volume, 'ephemeral'), 'volumeClaimTemplate');
  if (template) set(ensure(template, 'spec'), 'volumeMode', 'Filesystem');
}

function fieldRefs(source: Mutable | undefined): void {
  for (const item of itemsOf(source?.items)) {
    const field = childOf(item, 'fieldRef');
    if (field) set(field, 'apiVersion', 'v1');
  }
}

function service(spec: Mutable): void {
  set(spec, 'type', 'ClusterIP');
  set(spec, 'sessionAffinity', 'None');
  if (spec.sessionAffinity === 'ClientIP')
    set(ensure(ensure(spec, 'sessionAffinityConfig'), 'clientIP'), 'timeoutSeconds', 10800);
  if (spec.type !== 'ExternalName') {
    set(spec, 'internalTrafficPolicy', 'Cluster');
    if (spec.ipFamilyPolicy === 'SingleStack') delete spec.ipFamilyPolicy;
  }
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') set(spec, 'externalTrafficPolicy', 'Cluster');
  if (spec.type === 'LoadBalancer') set(spec, 'allocateLoadBalancerNodePorts', true);
  if (spec.publishNotReadyAddresses === false) delete spec.publishNotReadyAddresses;
  for (const port of itemsOf(spec.ports)) {
    set(port, 'protocol', 'TCP');
    // Neither is a port: the server takes them for none.
    if (port.targetPort === 0 || port.targetPort === '') delete port.targetPort;
    if (spec.clusterIP !== 'None' || port.targetPort !== undefined) set(port, 'targetPort', port.port);
    else port.targetPort = port.port;
    if (port.nodePort === 0) delete port.nodePort;
  }
}

function networkPolicy(spec: Mutable): void {
  const hasEgress = Array.isArray(spec.egress) && spec.egress.length > 0;
  set(spec, 'policyTypes', hasEgress ? ['Ingress', 'Egress'] : ['Ingress']);
  for (const rule of [...itemsOf(spec.ingress), ...itemsOf(spec.egress)])
    for (const port of itemsOf(rule.ports)) set(port, 'protocol', 'TCP');
}

/** What Flagger reads where nothing is written. @see fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go */
function canary(spec: Mutable): void {
  for (const flag of ['suspend', 'skipAnalysis', 'revertOnDeletion']) withoutFalse(spec, flag);
  withoutFalse(childOf(spec, 'service'), 'portDiscovery');
  set(spec, 'progressDeadlineSeconds', 600);
  for (const webhook of itemsOf(childOf(spec, 'analysis')?.webhooks)) withoutFalse(webhook, 'muteAlert');
}

function binding(object: Mutable): void {
  const role = childOf(object, 'roleRef');
  if (role) set(role, 'apiGroup', 'rbac.authorization.k8s.io');
  for (const subject of itemsOf(object.subjects)) {
    if (subject.kind === 'ServiceAccount') delete subject.apiGroup;
    else set(subject, 'apiGroup', 'rbac.authorization.k8s.io');
  }
}

/** `Always` for `latest` and for no tag. @see kubernetes v1.36 pkg/apis/core/v1/defaults.go SetDefaults_Container */
function pullPolicy(image: string): string {
  const named = image.split('@')[0]!;
  const tag = /:([^/:]+)$/.exec(named)?.[1];
  const hasDigest = image.includes('@');
  return tag === 'latest' || (tag === undefined && !hasDigest) ? 'Always' : 'IfNotPresent';
}

function set(fields: Mutable, name: string, value: unknown): void {
  if (fields[name] === undefined && value !== undefined) fields[name] = value;
}

function withoutFalse(fields: Mutable | undefined, name: string): void {
  if (fields?.[name] === false) delete fields[name];
}

function childOf(parent: unknown, name: string): Mutable | undefined {
  const child = at(parent, name);
  return isFields(child) ? (child as Mutable) : undefined;
}

function ensure(parent: Mutable, name: string): Mutable {
  const child = parent[name];
  if (isFields(child)) return child as Mutable;
  const made: Mutable = {};
  parent[name] = made;
  return made;
}

function itemsOf(list: unknown): Mutable[] {
  return Array.isArray(list) ? (list.filter(isFields) as Fields[] as Mutable[]) : [];
}
