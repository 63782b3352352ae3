import { rememberedFor } from '../kube';
import { containersOf } from './containers';
import type { Path } from './problem';
import type { ResolvedService } from './resolve';

/** An object of the namespace of the services that a service makes or needs. */
export interface ServiceObject {
  readonly kind:
    | 'PodMonitor'
    | 'ServiceMonitor'
    | 'Ingress'
    | 'HTTPRoute'
    | 'Role'
    | 'RoleBinding'
    | 'ClusterRole'
    | 'ClusterRoleBinding'
    | 'ServiceAccount'
    | 'ConfigMap'
    | 'Secret'
    | 'PersistentVolumeClaim'
    | 'MetricTemplate'
    | 'Service';
  readonly name: string;
  /** Absent for that of the platform. */
  readonly namespace?: string;
  /** Where the service says it. */
  readonly path: Path;
}

/** What names an object in a cluster. */
export const objectId = ({ kind, name, namespace = '' }: ServiceObject): string => `${kind}/${namespace}/${name}`;

/** The ConfigMap of a config entry: its name stays when other entries come and go. (`MicroserviceRelease` makes the same.) */
export function configMapName(service: string, mountPath: string): string {
  const slug = mountPath
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `${service}-${slug || 'config'}`;
}

/** What a service makes whose name another one could use or make too. */
export const madeObjects = rememberedFor((service: ResolvedService): readonly ServiceObject[] => {
  const { namespace } = service;
  const objects = madeInNamespace(service);
  if (namespace === undefined) return objects;
  return objects.map((object) => (OF_NO_NAMESPACE.has(object.kind) ? object : { ...object, namespace }));
});

function madeInNamespace(service: ResolvedService): ServiceObject[] {
  const beside = madeBeside(service);
  const objects = madeOfPods(service);
  return beside.length === 0 ? objects : [...objects, ...beside];
}

const LISTS = ['configMaps', 'claims', 'access', 'monitors', 'ingresses', 'httpRoutes'] as const;
const NONE: readonly ServiceObject[] = [];

/** Objects that the service lists as such. */
export function madeBeside(service: ResolvedService): readonly ServiceObject[] {
  if (LISTS.every((field) => service[field] === undefined)) return NONE;
  const { configMaps = [], claims = [], access = [], monitors = [], ingresses = [], httpRoutes = [] } = service;
  const named = (kind: ServiceObject['kind'], field: string) => (one: { readonly name?: string }, index: number) => ({
    kind,
    name: one.name ?? workloadNameOf(service),
    path: one.name === undefined ? [field, index] : [field, index, 'name'],
  });
  return [
    ...configMaps.map(named('ConfigMap', 'configMaps')),
    ...claims.map(named('PersistentVolumeClaim', 'claims')),
    ...access.flatMap((one, index): ServiceObject[] => [
      ...(one.rules === undefined ? [] : [named(one.isClusterWide ? 'ClusterRole' : 'Role', 'access')(one, index)]),
      named(one.isClusterWide ? 'ClusterRoleBinding' : 'RoleBinding', 'access')(one, index),
    ]),
    ...monitors.map((one, index) => named(one.kind ?? 'PodMonitor', 'monitors')(one, index)),
    ...ingresses.map(named('Ingress', 'ingresses')),
    ...httpRoutes.map(named('HTTPRoute', 'httpRoutes')),
  ];
}

const OF_NO_NAMESPACE: ReadonlySet<string> = new Set(['MetricTemplate', 'ClusterRole', 'ClusterRoleBinding']);

/** Name of the objects of a service. */
export const workloadNameOf = ({ name, workloadName }: Pick<ResolvedService, 'name' | 'workloadName'>): string =>
  workloadName ?? name;

function madeOfPods(service: ResolvedService): ServiceObject[] {
  const name = workloadNameOf(service);
  const { serviceAccount = {}, config = [], canary } = service;
  const objects: ServiceObject[] = [];
  if (serviceAccount.create !== false)
    objects.push({ kind: 'ServiceAccount', name: serviceAccount.name ?? name, path: ['serviceAccount', 'name'] });
  for (const [index, { mountPath }] of config.entries())
    objects.push({ kind: 'ConfigMap', name: configMapName(name, mountPath), path: ['config', index, 'mountPath'] });
  const own = service.service ?? {};
  if (own !== false && (service.ports ?? []).length > 0) {
    const path = own.name === undefined ? ['name'] : ['service', 'name'];
    objects.push({ kind: 'Service', name: own.name ?? name, path });
    if (service.kind === 'statefulset' && service.statefulSet?.serviceName === undefined)
      objects.push({ kind: 'Service', name: `${name}-headless`, path: ['name'] });
  }
  for (const [index, further] of (service.services ?? []).entries())
    objects.push({ kind: 'Service', name: further.name, path: ['services', index, 'name'] });
  if (canary)
    for (const [index, metric] of (canary.metrics?.custom ?? []).entries())
      objects.push({
        kind: 'MetricTemplate',
        name: `${name}-${metric.name}`,
        path: ['canary', 'metrics', 'custom', index, 'name'],
      });
  return objects;
}

/** What its pods need and somebody else makes, or itself: a pod waits until it is there. */
export function usedObjects(service: ResolvedService): ServiceObject[] {
  const { namespace } = service;
  const objects = usedInNamespace(service);
  return namespace === undefined ? objects : objects.map((object) => ({ ...object, namespace }));
}

function usedInNamespace(service: ResolvedService): ServiceObject[] {
  const { serviceAccount, volumes = [] } = service;
  const objects: ServiceObject[] = [];
  if (serviceAccount?.create === false && serviceAccount.name !== undefined)
    objects.push({ kind: 'ServiceAccount', name: serviceAccount.name, path: ['serviceAccount', 'name'] });
  for (const { env, path } of containersOf(service))
    for (const key of Object.keys(env)) {
      const value = env[key]!;
      if (typeof value !== 'object') continue;
      if ('configMap' in value)
        objects.push({
          kind: 'ConfigMap',
          name: value.configMap.name,
          path: [...path, 'env', key, 'configMap', 'name'],
        });
      else if ('secret' in value)
        objects.push({ kind: 'Secret', name: value.secret.name, path: [...path, 'env', key, 'secret', 'name'] });
    }
  for (const { envFrom, envFromPath } of containersOf(service))
    for (const [index, { configMap, secret }] of (envFrom ?? []).entries()) {
      if (configMap !== undefined)
        objects.push({ kind: 'ConfigMap', name: configMap, path: [...envFromPath, index, 'configMap'] });
      if (secret !== undefined) objects.push({ kind: 'Secret', name: secret, path: [...envFromPath, index, 'secret'] });
    }
  for (const [index, { configMap, secret, persistentVolumeClaim }] of volumes.entries()) {
    const path = ['volumes', index];
    if (configMap) objects.push({ kind: 'ConfigMap', name: configMap.name, path: [...path, 'configMap', 'name'] });
    if (secret) objects.push({ kind: 'Secret', name: secret.secretName, path: [...path, 'secret', 'secretName'] });
    if (persistentVolumeClaim)
      objects.push({
        kind: 'PersistentVolumeClaim',
        name: persistentVolumeClaim.claimName,
        path: [...path, 'persistentVolumeClaim', 'claimName'],
      });
  }
  return objects;
}
