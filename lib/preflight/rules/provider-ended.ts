import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

/** Meshes and controllers whose service or project has ended, by the provider's first word. */
const ended: Readonly<Record<string, string>> = {
  appmesh: 'AWS has ended App Mesh on 30 September 2026',
  osm: 'Open Service Mesh is archived, with its last release of 2023',
};

export default rule({
  id: 'provider-ended',
  severity: 'warning',
  effect: 'stuck',
  since: '0.3.0',
  why: 'Flagger writes the objects of a mesh, and the mesh has to obey them. One whose service has ended obeys nobody: weights are written and no traffic moves, and the metrics have no values.',
  cause: 'nobody obeys the routes any more that Flagger writes for this provider',
  source: [
    'docs.aws.amazon.com/app-mesh/latest/userguide (end of support, 30 September 2026)',
    'github.com/openservicemesh/osm (archived), fluxcd/flagger v1.44 pkg/router/factory.go',
  ],
  codes: [],
  restsOn: ['provider'],
  each: 'canary',
  check(one, report) {
    const { value } = one.provider;
    const [first = ''] = value.split(':');
    const what = ended[first];
    if (what === undefined) return;
    report(one, {
      pointer: '/spec/provider',
      message: `Canary "${one.name}" has the provider ${value}: ${what}`,
      fix: 'move to a mesh or ingress that is kept (Istio, Linkerd, a Gateway API implementation), and name its provider: docs/providers.md',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'App Mesh',
        manifests: [deployment('web'), canary('web', { spec: { provider: 'appmesh:v1beta2' } })],
        expect: [
          {
            object: 'Canary shop/web',
            pointer: '/spec/provider',
            message: 'Canary "web" has the provider appmesh:v1beta2: AWS has ended App Mesh on 30 September 2026',
          },
        ],
      },
    ],
    good: [{ name: 'Istio', manifests: [deployment('web'), canary('web', { spec: { provider: 'istio' } })] }],
  }),
});
