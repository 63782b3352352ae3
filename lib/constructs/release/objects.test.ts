import { App, Chart, Testing } from 'cdk8s';
import type { KubeObject } from '../../kube';
import { MicroserviceRelease } from '../microservice-release';
import type { MicroserviceReleaseProps } from './props';

function render(props: Partial<MicroserviceReleaseProps>): KubeObject[] {
  const chart = new Chart(new App({ outdir: 'unused' }), 'chart', { namespace: 'shop' });
  new MicroserviceRelease(chart, 'cart', { image: 'cart:1', ...props });
  return Testing.synth(chart) as KubeObject[];
}
const find = (objects: readonly KubeObject[], kind: string, name = 'cart'): any =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);

test('objects beside a release have its labels', () => {
  const objects = render({
    labels: { team: 'x' },
    metadata: { Role: { annotations: { why: 'y' } } },
    serviceAccount: { name: 'cart-runner' },
    configMaps: [{ name: 'settings', data: { B: '2', A: '1' }, immutable: true }],
    claims: [{ name: 'uploads', storage: '8Gi', accessModes: ['ReadWriteMany'] }],
    access: [
      { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
      { name: 'cart-view', isClusterWide: true, clusterRole: 'view' },
    ],
    monitors: [{ endpoints: [{ port: 'http' }], labels: { release: 'prometheus' } }],
    ingresses: [{ spec: { ingressClassName: 'nginx' } }],
    httpRoutes: [{ name: 'cart-public', spec: { parentRefs: [{ name: 'public' }] } }],
  });
  const own = { app: 'cart', team: 'x', 'app.kubernetes.io/managed-by': 'aviary' };
  for (const [kind, name] of [
    ['ConfigMap', 'settings'],
    ['PersistentVolumeClaim', 'uploads'],
    ['Role', 'cart'],
    ['RoleBinding', 'cart'],
    ['PodMonitor', 'cart'],
    ['Ingress', 'cart'],
    ['HTTPRoute', 'cart-public'],
  ] as const)
    expect(find(objects, kind, name).metadata).toMatchObject({ namespace: 'shop', labels: own });
  expect(find(objects, 'ConfigMap', 'settings')).toMatchObject({ data: { A: '1', B: '2' }, immutable: true });
  expect(find(objects, 'PersistentVolumeClaim', 'uploads')).toMatchObject({
    metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } },
    spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '8Gi' } } },
  });
  expect(find(objects, 'Role').metadata.annotations).toEqual({ why: 'y' });
  expect(find(objects, 'RoleBinding')).toMatchObject({
    roleRef: { kind: 'Role', name: 'cart' },
    subjects: [{ kind: 'ServiceAccount', name: 'cart-runner', namespace: 'shop' }],
  });
  const binding = find(objects, 'ClusterRoleBinding', 'cart-view');
  expect(binding.metadata.namespace).toBeUndefined();
  expect(binding.roleRef).toEqual({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' });
  expect(find(objects, 'PodMonitor')).toMatchObject({
    metadata: { labels: { release: 'prometheus' } },
    spec: { selector: { matchLabels: { 'app.kubernetes.io/name': 'cart' } }, podMetricsEndpoints: [{ port: 'http' }] },
  });
});

test('a ConfigMap that the pods read is part of what Flagger rolls out, another one is not', () => {
  const digest = (data: string, props: Partial<MicroserviceReleaseProps>) =>
    find(
      render({ canaried: true, configMaps: [{ name: 'settings', data: { A: data } }], ...props }),
      'ConfigMap',
      'cart.release',
    ).data.digest;
  const reads = { container: { envFrom: [{ configMap: 'settings' }] } };
  expect(digest('1', reads)).not.toBe(digest('2', reads));
  expect(digest('1', {})).toBe(digest('2', {}));
});
