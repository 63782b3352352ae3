import {
  apiGroup,
  type Fields,
  fieldsAt,
  isFields,
  type KubeObject,
  labelSelectorOf,
  listAt,
  matchesLabels,
  textAt,
  textMapAt,
} from '../kube';

/** Kinds that run pods and can be a service of the catalog. */
export const WORKLOAD_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'] as const;
/** Kinds that become a service. */
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

/** A workload with everything that is its own: what becomes one service of the catalog. */
export interface ServiceObjects {
  /** In the catalog: that of the workload, unless one of another namespace or kind has it already. */
  readonly name: string;
  readonly kind: WorkloadKind;
  readonly workload: KubeObject;
  readonly namespace: string;
  /** The pods' template: labels, annotations and spec. */
  readonly template: Fields;
  readonly podLabels: Readonly<Record<string, string>>;
  /** Services that select its pods and no other workload's; the one of its name first. */
  readonly services: readonly KubeObject[];
  /** The account, where its pods are the first to use it. */
  readonly account?: KubeObject;
  /** Autoscaler that scales it. */
  readonly autoscaler?: KubeObject;
  /** Budget of its pods alone. */
  readonly budget?: KubeObject;
  /** The Canary of its name that rolls it out. */
  readonly canary?: KubeObject;
}

/** The objects of one cluster by what they become. */
export interface GroupedObjects {
  readonly services: readonly ServiceObjects[];
  /** What is no part of a service, in the order of the input. */
  readonly others: readonly KubeObject[];
}

/** The pods' template of a workload. */
export function podTemplateOf({ kind, spec }: KubeObject): Fields {
  return kind === 'CronJob' ? fieldsAt(spec, 'jobTemplate', 'spec', 'template') : fieldsAt(spec, 'template');
}

/** Whether the catalog has a kind of service for the object. */
export function isWorkload({ kind, apiVersion }: KubeObject): boolean {
  const group = apiGroup(apiVersion);
  return (
    (group === 'apps' && (kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet')) ||
    (group === 'batch' && (kind === 'Job' || kind === 'CronJob'))
  );
}

/** Names of services that are known from other clusters, by what they were given for. */
export type ServiceNames = Map<string, string>;

/** A workload may have dots in its name and begin with a digit; a service may not. */
const serviceNameOf = (name: string): string => name.replace(/\./g, '-').replace(/^(?=\d)/, 's');

/** Gives each workload of a cluster a name of its own; one that another cluster has too keeps what it got there. */
function namesIn(workloads: readonly KubeObject[], known: ServiceNames): ReadonlyMap<KubeObject, string> {
  const taken = new Set<string>();
  const names = new Map<KubeObject, string>();
  for (const workload of workloads) {
    const { kind, metadata } = workload;
    const { name, namespace = '' } = metadata;
    const key = `${kind}/${namespace}/${name}`;
    const plain = serviceNameOf(name);
    const wanted = [
      known.get(key),
      plain,
      `${plain}-${namespace}`,
      `${plain}-${kind.toLowerCase()}`,
      `${plain}-${namespace}-${kind.toLowerCase()}`,
    ];
    const free = wanted.find((one): one is string => one !== undefined && one.length <= 63 && !taken.has(one)) ?? name;
    taken.add(free);
    known.set(key, free);
    names.set(workload, free);
  }
  return names;
}

/** Sorts the objects of one cluster: each workload with what is its own, and what is nobody's. */
export function groupObjects(objects: readonly KubeObject[], known: ServiceNames = new Map()): GroupedObjects {
  const found = objects.filter(isWorkload);
  const names = namesIn(found, known);
  const workloads = found.map((workload) => {
    const template = podTemplateOf(workload);
    return {
      name: names.get(workload)!,
      kind: workload.kind as WorkloadKind,
      workload,
      namespace: workload.metadata.namespace ?? '',
      template,
      podLabels: textMapAt(template, 'metadata', 'labels'),
    };
  });
  const taken = new Set<KubeObject>(workloads.map(({ workload }) => workload));
  const byNamespace = groupBy(workloads, ({ namespace }) => namespace);
  /** The workloads whose pods have the labels. */
  const selected = (object: KubeObject, selects: (labels: Readonly<Record<string, string>>) => boolean) =>
    (byNamespace.get(object.metadata.namespace ?? '') ?? []).filter(({ podLabels }) => selects(podLabels));

  const services = new Map<KubeObject, KubeObject[]>();
  const budgets = new Map<KubeObject, KubeObject>();
  const scalers = new Map<KubeObject, KubeObject>();
  const accounts = new Map<KubeObject, KubeObject>();
  const canaries = new Map<KubeObject, KubeObject>();
  const usersOfAccount = groupBy(workloads, ({ namespace, template }) => `${namespace}/${accountOf(template)}`);
  for (const object of objects) {
    const group = apiGroup(object.apiVersion);
    const { spec, metadata } = object;
    if (group === '' && object.kind === 'Service') {
      const selector = textMapAt(spec, 'selector');
      if (Object.keys(selector).length === 0) continue;
      const owners = selected(object, (labels) =>
        Object.entries(selector).every(([key, value]) => labels[key] === value),
      );
      if (owners.length === 1) push(services, owners[0]!.workload, object);
    } else if (group === 'policy' && object.kind === 'PodDisruptionBudget') {
      const selector = labelSelectorOf(fieldsAt(spec, 'selector'));
      const owners = selector === undefined ? [] : selected(object, (labels) => matchesLabels(selector, labels));
      if (owners.length === 1 && !budgets.has(owners[0]!.workload)) budgets.set(owners[0]!.workload, object);
    } else if (group === 'autoscaling' && object.kind === 'HorizontalPodAutoscaler') {
      const target = fieldsAt(spec, 'scaleTargetRef');
      const owner = (byNamespace.get(metadata.namespace ?? '') ?? []).find(
        ({ workload }) => workload.kind === target.kind && workload.metadata.name === target.name,
      );
      if (owner && !scalers.has(owner.workload)) scalers.set(owner.workload, object);
    } else if (group === 'flagger.app' && object.kind === 'Canary') {
      const target = canariedBy(object);
      const owner = (byNamespace.get(metadata.namespace ?? '') ?? []).find(
        ({ workload }) => workload.kind === target?.kind && workload.metadata.name === target.name,
      );
      if (owner && !canaries.has(owner.workload)) canaries.set(owner.workload, object);
    } else if (group === '' && object.kind === 'ServiceAccount') {
      const users = usersOfAccount.get(`${metadata.namespace ?? ''}/${metadata.name}`) ?? [];
      // Of several users the one of its name makes it, else the first.
      const maker = users.find(({ workload }) => workload.metadata.name === metadata.name) ?? users[0];
      if (maker && !accounts.has(maker.workload)) accounts.set(maker.workload, object);
    }
  }
  const grouped = workloads.map(({ workload, ...rest }): ServiceObjects => {
    const { name } = workload.metadata;
    const own = [...(services.get(workload) ?? [])].sort(
      (a, b) => Number(b.metadata.name === name) - Number(a.metadata.name === name),
    );
    const account = accounts.get(workload);
    const autoscaler = scalers.get(workload);
    const budget = budgets.get(workload);
    const canary = canaries.get(workload);
    for (const object of [...own, account, autoscaler, budget, canary]) if (object) taken.add(object);
    return {
      ...rest,
      workload,
      services: own,
      ...(account && { account }),
      ...(autoscaler && { autoscaler }),
      ...(budget && { budget }),
      ...(canary && { canary }),
    };
  });
  return { services: grouped, others: objects.filter((object) => !taken.has(object)) };
}

/** Kinds that Flagger rolls out and the catalog runs. @see fluxcd/flagger v1.44 pkg/canary/factory.go */
const CANARIED_KINDS: readonly unknown[] = ['Deployment', 'DaemonSet'];

/** What a Canary rolls out, where all that Flagger makes has one name: the catalog names neither a Canary nor its Services. */
function canariedBy({ metadata, spec }: KubeObject): { kind: unknown; name: string } | undefined {
  const { kind, name } = fieldsAt(spec, 'targetRef');
  const service = textAt(spec, 'service', 'name') ?? name;
  return CANARIED_KINDS.includes(kind) && name === metadata.name && service === name
    ? { kind, name: metadata.name }
    : undefined;
}

/** Name of the account that the pods use. */
export function accountOf(template: Fields): string {
  return textAt(template, 'spec', 'serviceAccountName') ?? textAt(template, 'spec', 'serviceAccount') ?? 'default';
}

/** The objects of a template's list, whatever else stands in it. */
export function itemsAt(template: unknown, ...path: string[]): readonly Fields[] {
  return listAt(template, ...(path as [string])).filter(isFields);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) push(groups, keyOf(item), item);
  return groups;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
