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
} from '../kube';
import { compact, type Draft, isNothing, pick } from './draft/pick';
import { CLAIM_FIELDS } from './draft/service';
import { accountOf, type GroupedObjects, itemsAt, type ServiceObjects } from './group';
import { makerOf } from './makers';
import { textsOf } from './references';

/** An object that a list of a service says. */
export interface BesideDraft {
  readonly field: 'configMaps' | 'claims' | 'access' | 'monitors' | 'ingresses' | 'httpRoutes';
  readonly entry: Draft;
  /** Of access: the binding and the role that is made with it. */
  readonly objects: readonly KubeObject[];
}

/** Of each service the objects that have a list of their own in the catalog, where one service alone can say them. */
export function besideServices(
  { services, others }: GroupedObjects,
  waits: (group: ServiceObjects) => ReadonlySet<string>,
): ReadonlyMap<ServiceObjects, readonly BesideDraft[]> {
  const found = new Map<ServiceObjects, BesideDraft[]>();
  const byNamespace = new Map<string, ServiceObjects[]>();
  for (const group of services) byNamespace.set(group.namespace, [...(byNamespace.get(group.namespace) ?? []), group]);
  const roles = new Map(others.filter(({ kind }) => kind.endsWith('Role')).map((role) => [idOf(role), role]));
  const bindings = others.filter(({ kind }) => kind.endsWith('RoleBinding'));
  const words = new Map<ServiceObjects, ReadonlySet<string>>();
  const wordsOf = (group: ServiceObjects) => {
    const known = words.get(group) ?? new Set(textsOf(fieldsAt(group.template, 'spec')));
    words.set(group, known);
    return known;
  };
  for (const object of others) {
    const near = byNamespace.get(object.metadata.namespace ?? '') ?? [];
    const users = near.filter((group) => wordsOf(group).has(object.metadata.name));
    const draft = DRAFTS[`${apiGroup(object.apiVersion)}/${object.kind}`]?.(object, {
      near,
      services,
      users,
      roles,
      bindings,
    });
    if (!draft) continue;
    const owner = draft.owners.length === 1 ? draft.owners[0] : makerOf(draft.owners, undefined, waits);
    if (!owner) continue;
    const { field, entry, objects } = draft;
    found.set(owner, [...(found.get(owner) ?? []), { field, entry, objects: objects ?? [object] }]);
  }
  return found;
}

interface Around {
  /** Services of its namespace. */
  readonly near: readonly ServiceObjects[];
  readonly services: readonly ServiceObjects[];
  /** Services whose pods name it. */
  readonly users: readonly ServiceObjects[];
  readonly roles: ReadonlyMap<string, KubeObject>;
  readonly bindings: readonly KubeObject[];
}

interface Owned {
  readonly owners: readonly ServiceObjects[];
  readonly field: BesideDraft['field'];
  readonly entry: Draft;
  readonly objects?: readonly KubeObject[];
}

type Drafter = (object: KubeObject, around: Around) => Owned | undefined;

const DRAFTS: Readonly<Record<string, Drafter>> = {
  '/ConfigMap': configMapOf,
  '/PersistentVolumeClaim': claimOf,
  'rbac.authorization.k8s.io/RoleBinding': accessOf,
  'rbac.authorization.k8s.io/ClusterRoleBinding': accessOf,
  'networking.k8s.io/Ingress': (object, around) => routeOf('ingresses', 'networking.k8s.io/v1', object, around),
  'gateway.networking.k8s.io/HTTPRoute': (object, around) =>
    routeOf('httpRoutes', 'gateway.networking.k8s.io/v1', object, around),
  'monitoring.coreos.com/ServiceMonitor': monitorOf,
  'monitoring.coreos.com/PodMonitor': monitorOf,
};

const idOf = ({ kind, metadata }: KubeObject): string => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;

const metadataOf = ({ metadata }: KubeObject): Draft => compact(pick(metadata, 'labels', 'annotations')) ?? {};

/** Longest value that is read more easily in a catalog than in a file of its own. */
const LONGEST_VALUE = 200;

/** Settings. Whole files stay files: a text of many lines cannot be read in JSON. */
function configMapOf(object: KubeObject, { users }: Around): Owned | undefined {
  const values = Object.values(fieldsAt(object.data));
  const isShort = values.every(
    (value) => typeof value === 'string' && value.length <= LONGEST_VALUE && !value.includes('\n'),
  );
  if (users.length === 0 || !isShort || object.binaryData !== undefined) return undefined;
  return {
    owners: users,
    field: 'configMaps',
    entry: { name: object.metadata.name, ...pick(object, 'data', 'immutable'), ...metadataOf(object) },
  };
}

function claimOf(object: KubeObject, { users }: Around): Owned | undefined {
  const spec = fieldsAt(object.spec);
  const storage = fieldsAt(spec, 'resources', 'requests').storage;
  if (users.length === 0 || storage === undefined) return undefined;
  return {
    owners: users,
    field: 'claims',
    entry: {
      name: object.metadata.name,
      storage: String(storage),
      ...pick(spec, 'accessModes', ...CLAIM_FIELDS),
      ...metadataOf(object),
    },
  };
}

/** A binding of the account that pods use, and the role that nothing else binds. */
function accessOf(binding: KubeObject, { services, roles, bindings }: Around): Owned | undefined {
  const [subject, ...more] = listAt(binding, 'subjects').filter(isFields);
  if (!subject || more.length > 0 || subject.kind !== 'ServiceAccount') return undefined;
  const namespace = textAt(subject, 'namespace') ?? binding.metadata.namespace;
  const isClusterWide = binding.kind === 'ClusterRoleBinding';
  if (!isClusterWide && namespace !== binding.metadata.namespace) return undefined;
  const users = services.filter(
    (group) =>
      group.namespace === namespace && accountOf(group.template) === subject.name && subject.name !== 'default',
  );
  const owner = users.find(({ account }) => account !== undefined) ?? users[0];
  const ref = fieldsAt(binding as unknown as Fields, 'roleRef');
  const [refKind, refName] = [textAt(ref, 'kind') ?? '', textAt(ref, 'name') ?? ''];
  if (!owner || refName === '') return undefined;
  const role = roles.get(`${refKind}/${refKind === 'Role' ? (binding.metadata.namespace ?? '') : ''}/${refName}`);
  const isOwn =
    role !== undefined &&
    refName === binding.metadata.name &&
    (refKind === 'ClusterRole') === isClusterWide &&
    isNothing(role.aggregationRule) &&
    JSON.stringify(metadataOf(role)) === JSON.stringify(metadataOf(binding)) &&
    bindings.every(
      (other) => other === binding || textAt(fieldsAt(other as unknown as Fields, 'roleRef'), 'name') !== refName,
    );
  return {
    owners: [owner],
    field: 'access',
    entry: {
      ...(binding.metadata.name === owner.workload.metadata.name ? {} : { name: binding.metadata.name }),
      ...(isClusterWide ? { isClusterWide } : {}),
      ...(isOwn
        ? { rules: listAt(role, 'rules') }
        : refKind === 'ClusterRole'
          ? { clusterRole: refName }
          : { role: refName }),
      ...metadataOf(binding),
    },
    objects: isOwn ? [binding, role] : [binding],
  };
}

/** Routes that lead to one service alone. */
function routeOf(
  field: 'ingresses' | 'httpRoutes',
  apiVersion: string,
  object: KubeObject,
  { near }: Around,
): Owned | undefined {
  if (object.apiVersion !== apiVersion) return undefined;
  const names = new Set(field === 'ingresses' ? ingressBackends(object.spec) : routeBackends(object.spec));
  const owners = near.filter(({ services }) => services.some(({ metadata }) => names.has(metadata.name)));
  const isAllOwn = [...names].every((name) => owners[0]?.services.some(({ metadata }) => metadata.name === name));
  // Flagger makes the routes of a canaried service; the catalog refuses others beside them.
  if (owners.length !== 1 || !isAllOwn || names.size === 0 || owners[0]!.canary) return undefined;
  return {
    owners,
    field,
    entry: { name: object.metadata.name, ...metadataOf(object), spec: object.spec },
  };
}

function ingressBackends(spec: unknown): string[] {
  const backends = [
    fieldsAt(spec, 'defaultBackend'),
    ...itemsAt(spec, 'rules').flatMap((rule) =>
      itemsAt(rule, 'http', 'paths').map((path) => fieldsAt(path, 'backend')),
    ),
  ];
  return backends.flatMap((backend) => textAt(backend, 'service', 'name') ?? []);
}

function routeBackends(spec: unknown): string[] {
  return itemsAt(spec, 'rules').flatMap((rule) =>
    itemsAt(rule, 'backendRefs').flatMap((ref) => textAt(ref, 'name') ?? []),
  );
}

/** Metrics of one service. */
function monitorOf(object: KubeObject, { near }: Around): Owned | undefined {
  const { selector, ...rest } = fieldsAt(object.spec);
  const field = object.kind === 'PodMonitor' ? 'podMetricsEndpoints' : 'endpoints';
  const { [field]: endpoints, ...spec } = rest;
  const wanted = labelSelectorOf(selector);
  if (!Array.isArray(endpoints) || !isFields(selector)) return undefined;
  const owners = near.filter(({ podLabels, services }) =>
    object.kind === 'PodMonitor'
      ? matchesLabels(wanted, podLabels)
      : services.some(({ metadata }) => matchesLabels(wanted, metadata.labels ?? {})),
  );
  if (owners.length !== 1) return undefined;
  return {
    owners,
    field: 'monitors',
    entry: {
      name: object.metadata.name,
      ...(object.kind === 'PodMonitor' ? {} : { kind: object.kind }),
      endpoints,
      ...metadataOf(object),
      spec: { ...spec, selector },
    },
  };
}
