import { nearest } from '../../findings';
import { configKeyError, dnsSubdomainError, envNameError } from '../../kube';
import { namedCalls } from '../calls';
import { containersOf } from '../containers';
import type { Path } from '../problem';
import type { ResolvedCluster, ResolvedService } from '../resolve';
import type { ServiceCheck, ServiceContext, ServiceFace, ServiceProblem } from './context';

type Env = NonNullable<ResolvedService['env']>;

/** Whom a service refers to, and by which port. */
export const checkReferences: ServiceCheck = (context, report) => {
  for (const { service: name, index } of namedCalls(context.service)) {
    const path = typeof context.service.calls?.[index] === 'string' ? ['calls', index] : ['calls', index, 'service'];
    const target = knownService(context, name, path, report);
    if (target && (target.ports ?? []).length === 0) report(noPort(name, path));
  }
  for (const { env, path } of containersOf(context.service)) checkEnv(context, env, [...path, 'env'], report);
};

function checkEnv(
  context: ServiceContext,
  env: Env,
  path: (string | number)[],
  report: (problem: ServiceProblem) => void,
): void {
  for (const [name, value] of Object.entries(env)) {
    const at = [...path, name];
    const nameError = envNameError(name);
    if (nameError)
      report({
        code: 'invalid-env-name',
        path: at,
        key: true,
        message: `the variable name ${JSON.stringify(name)} ${nameError}`,
        fix: 'use letters, digits, "_", "-" and ".", and do not begin with a digit',
      });
    if (typeof value === 'string') continue;
    if ('service' in value) checkService(context, value, at, report);
    else if ('secret' in value) checkKey('Secret', value.secret, [...at, 'secret'], report);
    else if ('configMap' in value) checkKey('ConfigMap', value.configMap, [...at, 'configMap'], report);
    else if ('resource' in value) {
      if (!RESOURCES.test(value.resource))
        report({
          code: 'unknown-field-path',
          path: [...at, 'resource'],
          message: `a container cannot tell ${JSON.stringify(value.resource)}`,
          fix: 'use limits. or requests. with cpu, memory or ephemeral-storage, such as "limits.memory"',
        });
    } else if (FIELDS.test(value.field)) checkPodKey(context, value.field, [...at, 'field'], report);
    else {
      report({
        code: 'unknown-field-path',
        path: [...at, 'field'],
        message: `a pod cannot tell its field ${JSON.stringify(value.field)}`,
        fix: "use metadata.name, metadata.namespace, metadata.uid, metadata.labels['…'], spec.nodeName, spec.serviceAccountName, status.hostIP or status.podIP",
      });
    }
  }
}

/** What a container can tell of what it asks for. @see k8s.io/kubernetes v1.36 pkg/apis/core/validation/validation.go */
const RESOURCES = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-[A-Za-z0-9]+)$/;
/** @see k8s.io/kubernetes v1.36 pkg/apis/core/validation, validEnvDownwardAPIFieldPathExpressions */
const FIELDS =
  /^(metadata\.(name|namespace|uid|(labels|annotations)\['[^']+'\])|spec\.(nodeName|serviceAccountName)|status\.(hostIP|hostIPs|podIP|podIPs))$/;

/** What the cluster itself or the mesh puts on pods. */
const PUT_THERE =
  /^(?!app\.kubernetes\.io\/)(pod-template-hash|pod-template-generation|controller-revision-hash|(.*\.)?(kubernetes\.io|k8s\.io|istio\.io|cncf\.io|linkerd\.io|projectcalico\.org)\/.+)$/;

/** A label or an annotation that the pods do not have is an empty text, without a word. */
function checkPodKey(
  { service, cluster }: ServiceContext,
  field: string,
  path: (string | number)[],
  report: (problem: ServiceProblem) => void,
): void {
  const [, list, key = ''] = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(field) ?? [];
  if (list === undefined || PUT_THERE.test(key)) return;
  const own = list === 'labels' ? 'podLabels' : 'podAnnotations';
  const selector = service.selector === undefined ? ['app', 'app.kubernetes.io/name'] : Object.keys(service.selector);
  const known = [...(list === 'labels' ? selector : []), ...Object.keys(service[own] ?? {})];
  if (known.includes(key) || isPatched(cluster, service.name)) return;
  const word = list === 'labels' ? 'label' : 'annotation';
  const isOfObjects = list === 'labels' ? service.labels?.[key] : service.annotations?.[key];
  report({
    code: 'missing-pod-key',
    severity: 'warning',
    path,
    message: `the pods of "${service.name}" have no ${word} "${key}": the variable will be empty`,
    cause:
      isOfObjects === undefined
        ? undefined
        : `"${list}" is for ${list === 'labels' ? 'the objects' : 'the Deployment'} and does not reach the pods.`,
    nearest: undefined,
    fix: `add ${JSON.stringify(key)} to "${own}"${isOfObjects === undefined ? '' : `, which reaches the pods and starts a rollout`}`,
  });
}

/** Whether a patch may give the pods labels or annotations of which the catalog does not know. */
const isPatched = (cluster: ResolvedCluster, name: string): boolean =>
  cluster.patches.some(
    ({ target, operations }) =>
      target.name === name &&
      operations.some(({ path }) => path.startsWith('/spec/template/metadata') || /^\/spec(\/template)?$/.test(path)),
  );

const noPort = (name: string, path: Path): ServiceProblem => ({
  code: 'no-port',
  path,
  message: `"${name}" has no port, so it has no address`,
  fix: `add ports to "${name}", or remove the reference`,
});

/** A service of the same cluster by its name; reports what is wrong with the name. */
function knownService(
  { service, services, allNames, suggestions, cluster }: ServiceContext,
  name: string,
  path: Path,
  report: (problem: ServiceProblem) => void,
): ServiceFace | undefined {
  const target = services.get(name);
  if (target) return target;
  if (allNames.has(name)) {
    report({
      code: 'service-not-in-cluster',
      path,
      message: `"${service.name}" refers to "${name}", which does not run in cluster "${cluster.name}"`,
      fix: `add "${cluster.name}" to the clusters of "${name}", or run "${service.name}" elsewhere`,
    });
    return undefined;
  }
  const near = suggestions.nearest(name);
  // Several want this name, and nobody the near one.
  if (near !== undefined && suggestions.isMisspelt(near, name)) {
    report({
      code: 'unknown-service',
      path,
      message: `no service "${name}"`,
      cause: `Nobody refers to the service "${near}": one of the two names is misspelt.`,
      fix: `rename the service "${near}" to "${name}", or write "${near}" here`,
    });
    return undefined;
  }
  report({
    code: 'unknown-service',
    path,
    message: `no service "${name}"`,
    cause: 'Services are named in /services/*/name.',
    nearest: near,
    fix: near ? `write "${near}"` : 'add the service, or write the address as text if it is outside the catalog',
  });
  return undefined;
}

function checkService(
  context: ServiceContext,
  reference: Extract<Env[string], { service: string }>,
  path: (string | number)[],
  report: (problem: ServiceProblem) => void,
): void {
  const target = knownService(context, reference.service, [...path, 'service'], report);
  if (!target) return;
  const ports = target.ports ?? [];
  if (ports.length === 0) {
    report(noPort(reference.service, [...path, 'service']));
    return;
  }
  if (reference.port === undefined) return;
  const known = ports.flatMap(({ port, name, protocol }) => [port, name ?? protocol]);
  if (known.includes(reference.port)) return;
  const near = typeof reference.port === 'string' ? nearest(reference.port, known.map(String)) : undefined;
  report({
    code: 'unknown-port',
    path: [...path, 'port'],
    message: `"${reference.service}" has no port ${JSON.stringify(reference.port)}`,
    nearest: near,
    fix: `write one of ${known.map((one) => JSON.stringify(one)).join(', ')}, or leave it out for the first one`,
  });
}

function checkKey(
  kind: string,
  { name, key }: { name: string; key: string },
  path: (string | number)[],
  report: (problem: ServiceProblem) => void,
): void {
  const nameError = dnsSubdomainError(name);
  if (nameError)
    report({
      code: 'invalid-object-name',
      path: [...path, 'name'],
      message: `the ${kind} name ${JSON.stringify(name)} ${nameError}`,
      fix: 'write the name of the object as it is in the cluster',
    });
  const keyError = configKeyError(key);
  if (keyError)
    report({
      code: 'invalid-config-key',
      path: [...path, 'key'],
      message: `the key ${JSON.stringify(key)} of ${kind} "${name}" ${keyError}`,
      fix: 'use letters, digits, "-", "_" and "."',
    });
}
