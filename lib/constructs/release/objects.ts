import { type ClaimTemplateProps, claimSpec } from './kinds';

/** A ConfigMap that no volume of the release mounts by itself. */
export interface ConfigMapProps {
  readonly name: string;
  readonly data?: Readonly<Record<string, string>>;
  /** In base64. */
  readonly binaryData?: Readonly<Record<string, string>>;
  readonly immutable?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Storage that all pods share. */
export type ClaimProps = Omit<ClaimTemplateProps, 'namespace' | 'mountPath' | 'subPath' | 'readOnly' | 'mounts'>;

/** What the account of the pods may do; exactly one of `rules`, `role` and `clusterRole`. */
export interface AccessProps {
  /** Of role and binding. @default the workload's name */
  readonly name?: string;
  /** Role and binding of the cluster. @default false */
  readonly isClusterWide?: boolean;
  readonly rules?: readonly object[];
  /** A Role that exists. */
  readonly role?: string;
  /** A ClusterRole that exists. */
  readonly clusterRole?: string;
  /** Of role and binding. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Metrics of the workload for the Prometheus Operator. */
export interface MonitorProps {
  /** @default the workload's name */
  readonly name?: string;
  /** @default PodMonitor */
  readonly kind?: 'PodMonitor' | 'ServiceMonitor';
  readonly endpoints: readonly object[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Further fields of its spec; a `selector` takes the place of the own one. */
  readonly spec?: object;
}

/** An Ingress or an HTTPRoute. */
export interface RouteObjectProps {
  /** @default the workload's name */
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec: object;
}

/** Objects beside a workload that have no other place. */
export interface ObjectsProps {
  readonly claims?: readonly ClaimProps[];
  readonly access?: readonly AccessProps[];
  readonly monitors?: readonly MonitorProps[];
  readonly ingresses?: readonly RouteObjectProps[];
  readonly httpRoutes?: readonly RouteObjectProps[];
}

/** A rendered object without its labels, which all objects of the workload have. */
export interface PlainObject {
  readonly id: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** An object of the cluster. @default false */
  readonly isClusterWide?: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
}

const RBAC = 'rbac.authorization.k8s.io';
/** Data outlives a mistake: removing it is a person's decision. */
const KEPT = { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' };

/** What plain objects of a service take from it. */
export interface Around {
  readonly name: string;
  readonly account: string;
  readonly namespace?: string;
  /** Labels of all pods of the workload, its primary's too. */
  readonly podLabels: Readonly<Record<string, string>>;
}

/** Objects that a service lists besides what is made of it, as plain data. */
export function plainObjects(props: ObjectsProps, around: Around): PlainObject[] {
  return [
    ...(props.claims ?? []).map(claim),
    ...(props.access ?? []).flatMap((access) => accessObjects(access, around)),
    ...(props.monitors ?? []).map((monitor) => monitorObject(monitor, around)),
    ...(props.ingresses ?? []).map((route) => routeObject('networking.k8s.io/v1', 'Ingress', route, around)),
    ...(props.httpRoutes ?? []).map((route) => routeObject('gateway.networking.k8s.io/v1', 'HTTPRoute', route, around)),
  ];
}

function claim({ name, labels, annotations, ...claimed }: ClaimProps): PlainObject {
  return {
    id: `claim-${name}`,
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    name,
    labels,
    annotations: { ...KEPT, ...annotations },
    fields: { spec: claimSpec(claimed) },
  };
}

function accessObjects(access: AccessProps, around: Around): PlainObject[] {
  const { isClusterWide = false, rules, role, clusterRole, labels, annotations } = access;
  const name = access.name ?? around.name;
  const prefix = isClusterWide ? 'Cluster' : '';
  const of = { apiVersion: `${RBAC}/v1`, name, isClusterWide, labels, annotations };
  const isOfCluster = isClusterWide || clusterRole !== undefined;
  return [
    ...(rules === undefined ? [] : [{ ...of, id: `role-${prefix}${name}`, kind: `${prefix}Role`, fields: { rules } }]),
    {
      ...of,
      id: `binding-${prefix}${name}`,
      kind: `${prefix}RoleBinding`,
      fields: {
        roleRef: { apiGroup: RBAC, kind: isOfCluster ? 'ClusterRole' : 'Role', name: clusterRole ?? role ?? name },
        subjects: [{ kind: 'ServiceAccount', name: around.account, namespace: around.namespace }],
      },
    },
  ];
}

function monitorObject(monitor: MonitorProps, around: Around): PlainObject {
  const { kind = 'PodMonitor', endpoints, labels, annotations, spec } = monitor;
  const name = monitor.name ?? around.name;
  return {
    id: `monitor-${kind}-${name}`,
    apiVersion: 'monitoring.coreos.com/v1',
    kind,
    name,
    labels,
    annotations,
    fields: {
      spec: {
        selector: {
          matchLabels: kind === 'PodMonitor' ? around.podLabels : { 'app.kubernetes.io/name': around.name },
        },
        [kind === 'PodMonitor' ? 'podMetricsEndpoints' : 'endpoints']: endpoints,
        ...spec,
      },
    },
  };
}

function routeObject(apiVersion: string, kind: string, route: RouteObjectProps, around: Around): PlainObject {
  const { labels, annotations, spec } = route;
  const name = route.name ?? around.name;
  return { id: `${kind}-${name}`, apiVersion, kind, name, labels, annotations, fields: { spec } };
}
