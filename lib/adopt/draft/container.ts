import { isDeepStrictEqual } from 'node:util';
import {
  envReferences,
  type Fields,
  fieldsAt,
  isFields,
  listAt,
  numberAt,
  parseImageReference,
  textAt,
} from '../../kube';
import { itemsAt } from '../group';
import { compact, type Draft, isNothing, pick, textMap } from './pick';

/** What a reference in a variable's text becomes; undefined where it is only a text. */
export type TextReference = (text: string) => Draft | undefined;

/** What has neither tag nor digest is `latest`, which Kubernetes takes it for. */
function imageOf(container: Fields): Draft {
  const text = textAt(container, 'image') ?? '';
  const parsed = parseImageReference(text);
  if (!parsed.ok) return { repository: text };
  const { repository, tag, digest } = parsed.value;
  return {
    repository,
    ...(tag === undefined && digest === undefined ? { tag: 'latest' } : {}),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The image as one text, always with a version. */
export function imageText(container: Fields): string {
  const { repository, tag, digest } = imageOf(container) as { repository: string; tag?: string; digest?: string };
  return `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Variables by name, in their order. Of two of one name the last one counts, as for the kubelet. */
export function envOf(container: Fields, reference: TextReference): Draft | undefined {
  const env: Draft = {};
  for (const variable of itemsAt(container, 'env')) {
    const name = textAt(variable, 'name');
    if (name === undefined) continue;
    const value = envValue(variable, reference);
    if (value === undefined) continue;
    delete env[name];
    env[name] = value;
  }
  return compact(env);
}

/**
 * The order of the variables, where a text refers to one that does not stand before it: the kubelet then takes it as it is
 * written, or from somewhere else.
 */
export function envOrderOf(container: Fields): string[] | undefined {
  const variables = itemsAt(container, 'env');
  const names = variables.map((variable) => textAt(variable, 'name') ?? '');
  const isNeeded = variables.some(({ value }, index) => {
    const before = new Set(names.slice(0, index));
    return typeof value === 'string' && envReferences(value).some((name) => names.includes(name) && !before.has(name));
  });
  return isNeeded ? names.filter((name, index) => !names.includes(name, index + 1)) : undefined;
}

function envValue(variable: Fields, reference: TextReference): unknown {
  const source = fieldsAt(variable, 'valueFrom');
  if (isNothing(source)) {
    const { value } = variable;
    const text = value === undefined || value === null ? '' : String(value);
    return reference(text) ?? text;
  }
  const secret = fieldsAt(source, 'secretKeyRef');
  if (!isNothing(secret)) return { secret: keyOf(secret) };
  const configMap = fieldsAt(source, 'configMapKeyRef');
  if (!isNothing(configMap)) return { configMap: keyOf(configMap) };
  const field = textAt(source, 'fieldRef', 'fieldPath');
  if (field !== undefined) return { field };
  const resource = fieldsAt(source, 'resourceFieldRef');
  if (textAt(resource, 'resource') === undefined) return undefined;
  return {
    resource: textAt(resource, 'resource'),
    ...(textAt(resource, 'containerName') === undefined ? {} : { container: textAt(resource, 'containerName') }),
    ...(isNothing(resource.divisor) || String(resource.divisor) === '0' ? {} : { divisor: String(resource.divisor) }),
  };
}

function keyOf(from: Fields): Draft {
  return { ...pick(from, 'name', 'key'), ...(from.optional === true ? { optional: true } : {}) };
}

/** `envFrom` as the catalog says it. */
export function envFromOf(container: Fields): Draft[] | undefined {
  const sources = itemsAt(container, 'envFrom').map((source) => {
    const isSecret = isFields(source.secretRef);
    const ref = fieldsAt(source, isSecret ? 'secretRef' : 'configMapRef');
    return {
      [isSecret ? 'secret' : 'configMap']: textAt(ref, 'name') ?? '',
      ...(isNothing(source.prefix) || source.prefix === '' ? {} : { prefix: source.prefix }),
      ...(ref.optional === true ? { optional: true } : {}),
    };
  });
  return sources.length === 0 ? undefined : sources;
}

const RESOURCES = [
  'cpu',
  'memory',
  'ephemeral-storage',
  'hugepages-2Mi',
  'hugepages-1Gi',
  'nvidia.com/gpu',
  'amd.com/gpu',
];

/** Requests and limits as the catalog says them. */
export function resourcesOf(container: Fields): Draft | undefined {
  const resources = fieldsAt(container, 'resources');
  return compact({
    requests: compact(textMap(pick(resources.requests, ...RESOURCES)) ?? {}),
    limits: compact(textMap(pick(resources.limits, ...RESOURCES)) ?? {}),
  });
}

/** The three probes as the catalog says them. */
export function probesOf(container: Fields): Draft | undefined {
  return compact({
    readiness: probeOf(container.readinessProbe),
    liveness: probeOf(container.livenessProbe),
    startup: probeOf(container.startupProbe),
  });
}

const TIMING = [
  'initialDelaySeconds',
  'periodSeconds',
  'timeoutSeconds',
  'successThreshold',
  'failureThreshold',
  'terminationGracePeriodSeconds',
];

function probeOf(value: unknown): Draft | undefined {
  if (!isFields(value)) return undefined;
  const http = value.httpGet;
  const grpc = value.grpc;
  const tcp = value.tcpSocket;
  const exec = value.exec;
  const handler = isFields(http)
    ? { http: httpOf(http) }
    : isFields(grpc)
      ? {
          grpc: {
            ...(grpc.port === undefined ? {} : { port: portNumber(grpc.port) }),
            ...(isNothing(grpc.service) || grpc.service === '' ? {} : { service: grpc.service }),
          },
        }
      : isFields(tcp)
        ? { tcp: { ...pick(tcp, 'host'), ...(tcp.port === undefined ? {} : { port: portNumber(tcp.port) }) } }
        : isFields(exec)
          ? { exec: { command: listAt(exec, 'command').map(String) } }
          : undefined;
  // Kubernetes refuses it, and so does the catalog.
  return handler && { ...handler, ...pick(value, ...TIMING) };
}

function httpOf(action: Fields): Draft {
  const path = textAt(action, 'path');
  const headers = itemsAt(action, 'httpHeaders');
  return {
    ...(path === undefined ? {} : { path: path.startsWith('/') ? path : `/${path}` }),
    ...(action.port === undefined ? {} : { port: portNumber(action.port) }),
    ...(textAt(action, 'scheme') === undefined || action.scheme === 'HTTP' ? {} : { scheme: action.scheme }),
    ...pick(action, 'host'),
    ...(headers.length === 0
      ? {}
      : { headers: Object.fromEntries(headers.map((header) => [String(header.name), String(header.value ?? '')])) }),
  };
}

/** `"8080"`, which people write in quotes, is no name. */
function portNumber(port: unknown): unknown {
  return typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port;
}

const CONTAINER_FIELDS = [
  'workingDir',
  'lifecycle',
  'volumeDevices',
  'stdin',
  'stdinOnce',
  'tty',
  'terminationMessagePath',
  'terminationMessagePolicy',
];

/** Ports as the container lists them. */
export function containerPortsOf(container: Fields): Draft[] {
  return itemsAt(container, 'ports')
    .filter((port) => numberAt(port, 'containerPort') !== undefined)
    .map((port) => ({
      ...pick(port, 'name', 'containerPort'),
      ...(isNothing(port.protocol) || port.protocol === 'TCP' ? {} : { protocol: port.protocol }),
      ...pick(port, 'hostPort'),
    }));
}

/** Where the container mounts its volumes, as the catalog says it. */
export function mountsOf(container: Fields): Draft[] {
  return itemsAt(container, 'volumeMounts').map((mount) => ({
    ...pick(mount, 'name', 'mountPath', 'subPath', 'subPathExpr'),
    ...(mount.readOnly === true ? { readOnly: true } : {}),
    ...pick(mount, 'mountPropagation'),
  }));
}

/** What the catalog gives a container that says nothing of its security. */
const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  privileged: false,
  readOnlyRootFilesystem: true,
};

/** `undefined` where it is what the catalog gives anyway, `false` for none, else the whole of it. */
export function securityOf(context: unknown, usual: unknown = RESTRICTED): unknown {
  if (isNothing(context)) return false;
  return isDeepStrictEqual(context, usual) ? undefined : context;
}

/** A container before or beside the main one. */
export function furtherContainer(container: Fields, reference: TextReference): Draft {
  const ports = containerPortsOf(container);
  const mounts = mountsOf(container);
  const security = securityOf(container.securityContext);
  return {
    name: textAt(container, 'name') ?? '',
    image: imageText(container),
    ...pick(container, 'imagePullPolicy', 'command', 'args', 'workingDir'),
    ...(ports.length === 0 ? {} : { ports }),
    ...compact({
      env: envOf(container, reference),
      envFrom: envFromOf(container),
      envOrder: envOrderOf(container),
      resources: resourcesOf(container),
      probes: probesOf(container),
    }),
    ...pick(container, 'lifecycle'),
    ...(mounts.length === 0 ? {} : { mounts }),
    ...pick(container, 'volumeDevices'),
    ...(security === undefined ? {} : { securityContext: security }),
    ...pick(container, 'stdin', 'tty', 'terminationMessagePath', 'terminationMessagePolicy', 'restartPolicy'),
  };
}

/** What the main container has besides the fields of the service. */
export function mainContainer(container: Fields, ports: readonly Draft[]): Draft | undefined {
  const security = securityOf(container.securityContext);
  const name = textAt(container, 'name');
  return compact({
    ...(name === 'server' ? {} : { name }),
    envFrom: envFromOf(container),
    envOrder: envOrderOf(container),
    ports,
    ...pick(container, ...CONTAINER_FIELDS),
    ...(security === undefined ? {} : { securityContext: security }),
  });
}

const POD_FIELDS = [
  'hostAliases',
  'dnsPolicy',
  'dnsConfig',
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'hostUsers',
  'shareProcessNamespace',
  'runtimeClassName',
  'schedulerName',
  'enableServiceLinks',
  'hostname',
  'subdomain',
  'preemptionPolicy',
  'readinessGates',
  'overhead',
];

/** Values that the API server writes into every live object: a dump has them, and nobody wrote them. */
const POD_DEFAULTS: Readonly<Record<string, unknown>> = {
  dnsPolicy: 'ClusterFirst',
  schedulerName: 'default-scheduler',
  enableServiceLinks: true,
};

/** What the pods have besides the fields of the service. */
export function podOf(spec: Fields): Draft | undefined {
  const secrets = itemsAt(spec, 'imagePullSecrets').flatMap((secret) => textAt(secret, 'name') ?? []);
  const fields = Object.fromEntries(
    Object.entries(pick(spec, ...POD_FIELDS)).filter(
      ([name, value]) =>
        (value !== POD_DEFAULTS[name] && value !== false) || (name === 'enableServiceLinks' && value === false),
    ),
  );
  const security = securityOf(spec.securityContext, POD_RESTRICTED);
  return compact({
    ...(security === undefined ? {} : { securityContext: security }),
    imagePullSecrets: secrets,
    ...fields,
  });
}

/** What the catalog gives a pod that says nothing of its security. */
const POD_RESTRICTED = {
  runAsNonRoot: true,
  runAsUser: 1000,
  runAsGroup: 1000,
  fsGroup: 1000,
  seccompProfile: { type: 'RuntimeDefault' },
};
