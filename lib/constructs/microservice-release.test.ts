import { App, Chart, Testing } from 'cdk8s';
import type { KubeObject } from '../kube';
import { MicroserviceRelease } from './microservice-release';
import type { MicroserviceReleaseProps } from './release/props';

function render(props: Partial<MicroserviceReleaseProps> = {}): {
  objects: KubeObject[];
  release: MicroserviceRelease;
} {
  const chart = new Chart(new App({ outdir: 'unused' }), 'chart', { namespace: 'shop' });
  const release = new MicroserviceRelease(chart, 'cart', { image: 'registry.example.com/cart:1.2.3', ...props });
  return { objects: Testing.synth(chart) as KubeObject[], release };
}

const find = (objects: KubeObject[], kind: string, name = 'cart'): any =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);
const grpc: MicroserviceReleaseProps['ports'] = [{ port: 7070, protocol: 'grpc' }];

test('defaults: one account, one Deployment that fits Pod Security restricted, one Service', () => {
  const { objects } = render({ ports: grpc });
  expect(objects.map(({ kind }) => kind)).toEqual(['ServiceAccount', 'Deployment', 'Service']);
  const { template, selector, replicas } = find(objects, 'Deployment').spec;
  expect(selector).toEqual({ matchLabels: { app: 'cart' } });
  expect(replicas).toBeUndefined();
  expect(template.metadata).toEqual({ labels: { app: 'cart', 'app.kubernetes.io/name': 'cart' } });
  expect(template.spec.securityContext).toEqual({
    runAsNonRoot: true,
    runAsUser: 1000,
    runAsGroup: 1000,
    fsGroup: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  expect(template.spec.containers[0].securityContext).toEqual({
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
  });
  expect(template.spec.automountServiceAccountToken).toBe(false);
  expect(find(objects, 'Service').spec.ports).toEqual([
    { name: 'grpc', port: 7070, targetPort: 7070, protocol: 'TCP', appProtocol: 'grpc' },
  ]);
});

test('canaried: no replicas, a Service that Flux hands over, a budget for the primary too', () => {
  const { objects } = render({ ports: grpc, canaried: true, disruptionBudget: { maxUnavailable: 1 } });
  expect(find(objects, 'Deployment').spec.replicas).toBeUndefined();
  expect(find(objects, 'Service').metadata.annotations).toEqual({ 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' });
  expect(find(objects, 'PodDisruptionBudget').spec.selector).toEqual({ matchLabels: { app: 'cart' } });
  expect(find(objects, 'PodDisruptionBudget', 'cart-primary').spec.selector).toEqual({
    matchLabels: { app: 'cart-primary' },
  });
});

test('a fixed number of canaried pods becomes an autoscaler with equal bounds', () => {
  const { objects } = render({ canaried: true, replicas: 3 });
  expect(find(objects, 'HorizontalPodAutoscaler').spec).toMatchObject({ minReplicas: 3, maxReplicas: 3 });
  expect(find(objects, 'Deployment').spec.replicas).toBeUndefined();
});

test.each<[string, Partial<MicroserviceReleaseProps>, unknown]>([
  ['text', { env: { A: 'b' } }, { name: 'A', value: 'b' }],
  [
    'a Secret key',
    { env: { A: { secretKeyRef: { name: 's', key: 'k' } } } },
    { name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
  ],
  [
    'a ConfigMap key',
    { env: { A: { configMapKeyRef: { name: 'c', key: 'k' } } } },
    { name: 'A', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } },
  ],
  [
    'a field',
    { env: { A: { fieldPath: 'status.podIP' } } },
    { name: 'A', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
  ],
])('env from %s', (_, props, expected) => {
  expect(find(render(props).objects, 'Deployment').spec.template.spec.containers[0].env).toEqual([expected]);
});

test('config files become a ConfigMap named after their folder, mounted read-only', () => {
  const { objects } = render({ config: [{ mountPath: '/etc/cart', files: { 'cart.yaml': 'a: 1\n' } }] });
  expect(find(objects, 'ConfigMap', 'cart-etc-cart').data).toEqual({ 'cart.yaml': 'a: 1\n' });
  expect(find(objects, 'Deployment').spec.template.spec.containers[0].volumeMounts).toEqual([
    { name: 'cart-etc-cart', mountPath: '/etc/cart', readOnly: true },
  ]);
});

test.each<[string, Partial<MicroserviceReleaseProps>]>([
  ['image', { image: 'registry.example.com/cart:1.2.4' }],
  ['configuration', { config: [{ mountPath: '/etc/cart', files: { a: 'b' } }] }],
  ['environment', { env: { A: 'b' } }],
  ['patch', { digestInputs: [{ op: 'remove', path: '/spec' }] }],
])('the digest follows the %s, and never reaches the pod template', (_, props) => {
  const before = render();
  const after = render(props);
  expect(after.release.releaseDigest).not.toBe(before.release.releaseDigest);
  const deployment = find(after.objects, 'Deployment');
  expect(deployment.metadata.annotations['aviary.dev/release-digest']).toBe(after.release.releaseDigest);
  expect(JSON.stringify(deployment.spec)).not.toContain('sha256:');
});

test('the digest does not depend on the order of keys', () => {
  const one = render({ env: { A: '1', B: '2' }, resources: { limits: { cpu: '1', memory: '1Gi' } } });
  const two = render({ resources: { limits: { memory: '1Gi', cpu: '1' } }, env: { B: '2', A: '1' } });
  expect(two.release.releaseDigest).toBe(one.release.releaseDigest);
  expect(two.objects).toEqual(one.objects);
});

test('misuse is refused with everything that is wrong', () => {
  expect(() =>
    render({
      name: 'n'.repeat(56),
      canaried: true,
      replicas: 2,
      autoscaling: { minReplicas: 3, maxReplicas: 1 },
      probes: { readiness: { http: { path: '/' }, tcp: {} } },
    }),
  ).toThrow(
    `MicroserviceRelease "${'n'.repeat(56)}": the name has 56 characters; "${'n'.repeat(56)}-primary" must be a DNS label, so at most 55; ` +
      'replicas and autoscaling exclude each other; autoscaling: minReplicas 3 is above maxReplicas 1; ' +
      'readiness probe: exactly one of http, grpc, tcp, exec',
  );
});
