import { isFields } from '../kube';

/** How the items of a list belong together. */
export type ListShape =
  /** Items with a key of their own; their order means nothing. The key's fields, in order of trial: all of a row must be there. */
  | { readonly kind: 'keyed'; readonly keys: readonly (readonly string[])[] }
  /** A set: order and repetition mean nothing. */
  | { readonly kind: 'set' }
  /** Order means something. */
  | { readonly kind: 'ordered' };

const ORDERED: ListShape = { kind: 'ordered' };
const SET: ListShape = { kind: 'set' };
const keyed = (...keys: readonly (readonly string[])[]): ListShape => ({ kind: 'keyed', keys });

/**
 * By the list's field name. What Kubernetes merges by a key is keyed; of lists that it replaces whole, those that it reads as
 * sets are sets. A field that is not here is ordered: better a difference too many than one too few.
 * @see kubernetes/api v0.36 core/v1/types.go, apps/v1/types.go (patchMergeKey, listType, listMapKey)
 */
const SHAPES: Readonly<Record<string, ListShape>> = {
  accessModes: SET,
  add: SET,
  apiGroups: SET,
  clusterRoleSelectors: SET,
  conditions: keyed(['type']),
  containers: keyed(['name']),
  dependsOn: keyed(['namespace', 'name'], ['name']),
  drop: SET,
  dnsNames: SET,
  ephemeralContainers: keyed(['name']),
  env: keyed(['name']),
  exportTo: SET,
  externalIPs: SET,
  finalizers: SET,
  gateways: SET,
  healthCheckExprs: keyed(['apiVersion', 'kind']),
  healthChecks: keyed(['kind', 'namespace', 'name'], ['kind', 'name']),
  hostAliases: keyed(['ip']),
  hosts: SET,
  imagePullSecrets: keyed(['name']),
  initContainers: keyed(['name']),
  items: keyed(['key'], ['path']),
  loadBalancerSourceRanges: SET,
  matchExpressions: SET,
  namespaces: SET,
  nonResourceURLs: SET,
  ownerReferences: keyed(['kind', 'name']),
  policyTypes: SET,
  ports: keyed(['port', 'protocol'], ['containerPort', 'protocol'], ['number'], ['port'], ['name']),
  requiredDropCapabilities: SET,
  resourceNames: SET,
  // Of a Role they are a set; of a kustomization the order decides nothing that reaches the cluster.
  resources: SET,
  secrets: keyed(['name']),
  subjects: SET,
  substituteFrom: keyed(['kind', 'name']),
  supplementalGroups: SET,
  sysctls: keyed(['name']),
  tolerations: SET,
  topologySpreadConstraints: keyed(['topologyKey', 'whenUnsatisfiable']),
  verbs: SET,
  volumeClaimTemplates: keyed(['metadata.name']),
  volumeDevices: keyed(['devicePath']),
  volumeMounts: keyed(['mountPath', 'subPath'], ['mountPath']),
  volumes: keyed(['name']),
  webhooks: keyed(['name']),
};

/** Lists whose name means something else in some kinds: `Kind/field`. */
const BY_KIND: Readonly<Record<string, ListShape>> = {
  'AuthorizationPolicy/from': SET,
  'AuthorizationPolicy/rules': SET,
  'AuthorizationPolicy/to': SET,
  'Canary/metrics': keyed(['name']),
  'Canary/alerts': keyed(['name']),
  'ClusterRole/rules': SET,
  'CustomResourceDefinition/versions': keyed(['name']),
  'NetworkPolicy/egress': SET,
  'NetworkPolicy/from': SET,
  'NetworkPolicy/ingress': SET,
  'NetworkPolicy/to': SET,
  'Role/rules': SET,
  // Init containers run one after the other.
  initContainers: ORDERED,
  'ServiceEntry/ports': keyed(['number']),
};

/** How the items of the list in a field of an object of that kind belong together. */
export function listShape(kind: string, field: string): ListShape {
  const own = BY_KIND[`${kind}/${field}`] ?? BY_KIND[field];
  if (own) return own;
  return Object.hasOwn(SHAPES, field) ? SHAPES[field]! : ORDERED;
}

/** Which pairs of rows can be told apart by one of the shape's keys; undefined where an item lacks them all or two are equal. */
export function keysOfItems(items: readonly unknown[], shape: ListShape): readonly string[] | undefined {
  if (shape.kind !== 'keyed') return undefined;
  for (const fields of shape.keys) {
    const keys = items.map((item) => keyOf(item, fields));
    if (keys.every((key) => key !== undefined) && new Set(keys).size === keys.length) return keys as string[];
  }
  return undefined;
}

function keyOf(item: unknown, fields: readonly string[]): string | undefined {
  const values: string[] = [];
  for (const field of fields) {
    let value: unknown = item;
    for (const step of field.split('.')) value = isFields(value) ? value[step] : undefined;
    if (typeof value !== 'string' && typeof value !== 'number') return undefined;
    values.push(String(value));
  }
  return values.join('/');
}
