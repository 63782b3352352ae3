import {
  dnsLabelError,
  dnsSubdomainError,
  envNameError,
  parseImageReference,
  parseQuantity,
  portNameError,
  serviceNameError,
  servicePortNameError,
} from '../../kube';
import type { MicroserviceReleaseProps } from './props';

const quoted = (value: unknown): string => JSON.stringify(value) ?? String(value);
const isWhole = (value: unknown, least: number, most: number): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const known: Readonly<Record<keyof MicroserviceReleaseProps, true>> = {
  name: true,
  namespace: true,
  image: true,
  claims: true,
  access: true,
  monitors: true,
  ingresses: true,
  httpRoutes: true,
  imagePullPolicy: true,
  command: true,
  args: true,
  ports: true,
  env: true,
  resources: true,
  probes: true,
  replicas: true,
  autoscaling: true,
  canaried: true,
  serviceAccount: true,
  securityContext: true,
  volumes: true,
  config: true,
  configMaps: true,
  initContainers: true,
  containers: true,
  nodeSelector: true,
  affinity: true,
  tolerations: true,
  topologySpread: true,
  disruptionBudget: true,
  strategy: true,
  minReadySeconds: true,
  revisionHistoryLimit: true,
  selector: true,
  container: true,
  pod: true,
  service: true,
  services: true,
  metadata: true,
  terminationGracePeriodSeconds: true,
  progressDeadlineSeconds: true,
  priorityClassName: true,
  labels: true,
  annotations: true,
  podLabels: true,
  calls: true,
  podAnnotations: true,
  partOf: true,
  digestInputs: true,
  kind: true,
  statefulSet: true,
  daemonSet: true,
  job: true,
  cronJob: true,
};

/** Names of the props, for callers without types. */
export const releasePropNames: ReadonlySet<string> = new Set(Object.keys(known));

/** Values that the API server would refuse, or that would be dropped without a word: one sentence each, with property and value. */
export function valueFaults(name: string, props: MicroserviceReleaseProps): string[] {
  return [
    ...nameFaults(name, props),
    ...imageFaults('image', props.image),
    ...portFaults(props.ports ?? []),
    ...replicaFaults(props),
    ...quantityFaults(props.resources),
    ...budgetFaults(props.disruptionBudget),
    ...volumeFaults(props.volumes ?? []),
    ...configFaults(props.config ?? []),
    ...envFaults(props.env ?? {}),
  ];
}

function nameFaults(name: unknown, { name: own, ports = [], service, canaried }: MicroserviceReleaseProps): string[] {
  if (typeof name !== 'string') return [`name ${quoted(name)} must be a text`];
  // Of one that is too long for a canary another sentence says more.
  if (canaried && name.length > 55) return [];
  const isOfService = ports.length > 0 && service !== false && (service?.name === undefined || canaried === true);
  // A name that somebody writes out may have dots, as that of a Deployment may.
  const error = isOfService ? serviceNameError(name) : (own === undefined ? dnsLabelError : dnsSubdomainError)(name);
  return error === undefined ? [] : [`name ${quoted(name)} ${error}`];
}

function imageFaults(property: string, image: unknown): string[] {
  if (typeof image !== 'string')
    return [`${property} is missing: write it like "registry.example.com/shop/cart:1.4.2"`];
  const parsed = parseImageReference(image);
  return parsed.ok ? [] : [`${property} ${quoted(image)} ${parsed.error}`];
}

function portFaults(ports: NonNullable<MicroserviceReleaseProps['ports']>): string[] {
  if (!Array.isArray(ports)) return [`ports ${quoted(ports)} must be a list`];
  const wrong: string[] = [];
  const numbers = new Map<string, number>();
  const names = new Map<string, number>();
  for (const [index, port] of ports.entries()) {
    const at = `ports[${index}]`;
    if (!isObject(port)) {
      wrong.push(`${at} ${quoted(port)} must be an object with port and protocol`);
      continue;
    }
    for (const field of ['port', 'targetPort', 'nodePort'] as const) {
      const value = port[field];
      if ((value !== undefined || field === 'port') && !isWhole(value, 1, 65535))
        wrong.push(`${at}.${field} ${quoted(value)} must be a whole number from 1 to 65535`);
    }
    if (!['http', 'grpc', 'tcp'].includes(port.protocol as string))
      wrong.push(
        `${at}.protocol ${quoted(port.protocol)} must be one of http, grpc, tcp; what carries it is transport`,
      );
    if (port.name !== undefined) {
      const isOfServiceAlone = port.isNamelessInContainer === true || port.targetPortName !== undefined;
      const nameError = isOfServiceAlone ? servicePortNameError : portNameError;
      const error = typeof port.name === 'string' ? nameError(port.name) : 'must be a text';
      if (error !== undefined) wrong.push(`${at}.name ${quoted(port.name)} ${error}`);
      const before = names.get(String(port.name));
      if (before !== undefined) wrong.push(`${at}.name ${quoted(port.name)} is that of ports[${before}]`);
      names.set(String(port.name), index);
    }
    const number = `${String(port.port)}/${String(port.transport ?? 'TCP')}`;
    const before = numbers.get(number);
    if (before !== undefined) wrong.push(`${at}.port ${quoted(port.port)} is that of ports[${before}]`);
    numbers.set(number, index);
  }
  return wrong;
}

function replicaFaults({ replicas, canaried }: MicroserviceReleaseProps): string[] {
  if (replicas === undefined) return [];
  if (!isWhole(replicas, 0, 2_147_483_647)) return [`replicas ${quoted(replicas)} must be a whole number from 0 on`];
  return canaried && replicas === 0
    ? ['replicas 0 cannot be done: Flagger scales a canaried workload itself, and starts it with one pod']
    : [];
}

function quantityFaults(resources: MicroserviceReleaseProps['resources']): string[] {
  return (['requests', 'limits'] as const).flatMap((list) =>
    Object.entries(resources?.[list] ?? {}).flatMap(([resource, quantity]) => {
      if (quantity === undefined) return [];
      const parsed = parseQuantity(String(quantity));
      return parsed.ok ? [] : [`resources.${list}.${resource} ${quoted(quantity)} ${parsed.error}`];
    }),
  );
}

function budgetFaults(budget: MicroserviceReleaseProps['disruptionBudget']): string[] {
  if (budget === undefined) return [];
  const said = (['minAvailable', 'maxUnavailable'] as const).filter((field) => budget[field] !== undefined);
  if (said.length !== 1)
    return [
      `disruptionBudget has ${said.join(' and ') || 'neither field'}: write exactly one of minAvailable, maxUnavailable`,
    ];
  const value = budget[said[0]!];
  const isRight = isWhole(value, 0, 2_147_483_647) || (typeof value === 'string' && /^\d{1,3}%$/.test(value));
  return isRight
    ? []
    : [`disruptionBudget.${said[0]} ${quoted(value)} must be a whole number or a percentage such as "50%"`];
}

/** What a volume has besides its source. */
const mountFields = ['name', 'mountPath', 'readOnly', 'subPath', 'subPathExpr', 'mountPropagation', 'mounts'];

function volumeFaults(volumes: NonNullable<MicroserviceReleaseProps['volumes']>): string[] {
  const wrong: string[] = [];
  const names = new Set<string>();
  for (const [index, volume] of volumes.entries()) {
    const at = `volumes[${index}]`;
    const error = typeof volume.name === 'string' ? dnsLabelError(volume.name) : 'must be a text';
    if (error !== undefined) wrong.push(`${at}.name ${quoted(volume.name)} ${error}`);
    if (names.has(volume.name)) wrong.push(`${at}.name ${quoted(volume.name)} is that of an earlier volume`);
    names.add(volume.name);
    const sources = Object.entries(volume)
      .filter(([field, value]) => value !== undefined && !mountFields.includes(field))
      .map(([field]) => field);
    if (sources.length !== 1)
      wrong.push(
        `${at} has ${sources.join(' and ') || 'no source'}: write exactly one, such as emptyDir, configMap, secret, persistentVolumeClaim`,
      );
    // One without "/" gets it from the kubelet; ":" would end the path.
    if (volume.mountPath !== undefined && /^$|:/.test(String(volume.mountPath)))
      wrong.push(`${at}.mountPath ${quoted(volume.mountPath)} must be a path such as "/data", without ":"`);
  }
  return wrong;
}

function configFaults(config: NonNullable<MicroserviceReleaseProps['config']>): string[] {
  const slugs = new Map<string, string>();
  return config.flatMap(({ mountPath }, index) => {
    if (typeof mountPath !== 'string' || !mountPath.startsWith('/'))
      return [`config[${index}].mountPath ${quoted(mountPath)} must begin with "/"`];
    // The name of the ConfigMap follows from the folder.
    const slug = mountPath
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '');
    const before = slugs.get(slug);
    slugs.set(slug, mountPath);
    return before === undefined
      ? []
      : [
          `config[${index}].mountPath ${quoted(mountPath)} gives the ConfigMap the name of that for ${quoted(before)}: put the files of one folder into one entry, or rename a folder`,
        ];
  });
}

function envFaults(env: NonNullable<MicroserviceReleaseProps['env']>): string[] {
  const sources = ['secretKeyRef', 'configMapKeyRef', 'fieldPath', 'resourceFieldRef'];
  return Object.entries(env).flatMap(([name, value]: [string, unknown]) => {
    const error = envNameError(name);
    return [
      ...(error === undefined ? [] : [`env: the name ${quoted(name)} ${error}`]),
      ...(typeof value === 'string' || (isObject(value) && sources.some((source) => value[source] !== undefined))
        ? []
        : [`env.${name} ${quoted(value)} must be a text, or an object with one of ${sources.join(', ')}`]),
    ];
  });
}
