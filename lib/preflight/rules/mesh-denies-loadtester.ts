import { canary, deployment, loadTest } from '../case-manifests';
import { encryptingMesh, permitsTraffic } from '../mesh-injection';
import { rule } from '../rule';

const mesh = (spec: Readonly<Record<string, unknown>>) => ({
  apiVersion: 'kuma.io/v1alpha1',
  kind: 'Mesh',
  metadata: { name: 'default' },
  spec,
});
const encrypting = { mtls: { enabledBackend: 'ca-1', backends: [{ name: 'ca-1', type: 'builtin' }] } };

export default rule({
  id: 'mesh-denies-loadtester',
  severity: 'error',
  effect: 'fails',
  since: '0.2.0',
  why: 'Since Kuma 2.6 a Mesh with mTLS has no permission by default: every call inside it is refused until a MeshTrafficPermission (or a TrafficPermission) allows it. The load tester is refused as everybody else, so the metrics count nothing but denials, or nothing at all.',
  cause: 'with mTLS Kuma refuses what no permission allows',
  source: ['kumahq/kuma 2.12 docs/madr (no default TrafficPermission since 2.6)', 'kumahq/kuma issue 10657'],
  codes: [],
  each: 'canary',
  check(one, report, world) {
    if (one.provider.value !== 'kuma' || one.skipAnalysis) return;
    const mesh = encryptingMesh(world, one);
    if (!mesh || permitsTraffic(world)) return;
    report(mesh, {
      about: one,
      pointer: '/spec/mtls',
      once: true,
      message: `Mesh "${mesh.name}" has mTLS, and the manifests hold no MeshTrafficPermission: calls to Canary "${one.name}" are refused, those of its load test too`,
      fix: `add a MeshTrafficPermission of mesh "${mesh.name}" that allows the callers and the load tester: spec: {targetRef: {kind: Mesh}, from: [{targetRef: {kind: Mesh}, default: {action: Allow}}]}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'nothing permits',
        manifests: [
          mesh(encrypting),
          deployment('cart'),
          canary('cart', { spec: { provider: 'kuma' }, analysis: { webhooks: [loadTest('cart-canary.shop')] } }),
        ],
        expect: [
          {
            object: 'Mesh default',
            pointer: '/spec/mtls',
            message:
              'Mesh "default" has mTLS, and the manifests hold no MeshTrafficPermission: calls to Canary "cart" are refused, those of its load test too',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a permission',
        manifests: [
          mesh(encrypting),
          {
            apiVersion: 'kuma.io/v1alpha1',
            kind: 'MeshTrafficPermission',
            metadata: { name: 'all', namespace: 'kuma-system' },
            spec: {
              targetRef: { kind: 'Mesh' },
              from: [{ targetRef: { kind: 'Mesh' }, default: { action: 'Allow' } }],
            },
          },
          deployment('cart'),
          canary('cart', { spec: { provider: 'kuma' } }),
        ],
      },
      { name: 'no mTLS', manifests: [mesh({}), deployment('cart'), canary('cart', { spec: { provider: 'kuma' } })] },
    ],
  }),
});
