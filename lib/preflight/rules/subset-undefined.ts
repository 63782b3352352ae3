import { listAt, textAt } from '../../kube';
import { deployment, namespace, service, virtualService } from '../case-manifests';
import { rule } from '../rule';

const rules = (names: readonly string[]) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'DestinationRule',
  metadata: { name: 'reviews', namespace: 'shop' },
  spec: { host: 'reviews', subsets: names.map((name) => ({ name, labels: { version: name } })) },
});
const routed = [
  namespace(),
  deployment('reviews'),
  service('reviews'),
  virtualService('reviews', {
    hosts: ['reviews'],
    http: [{ route: [{ destination: { host: 'reviews', subset: 'v2' } }] }],
  }),
];

export default rule({
  id: 'subset-undefined',
  severity: 'error',
  effect: 'outage',
  since: '0.3.0',
  why: 'A route of Istio to a subset needs a DestinationRule of the same host that says which pods the subset has. Without it the proxies know no such destination and answer 503.',
  cause: 'no DestinationRule of the host defines the subset',
  source: [
    'istio.io/latest/docs/ops/common-problems/network-issues (503 errors after setting destination rule)',
    'istio/istio issue 6335',
  ],
  codes: [],
  restsOn: ['namespace'],
  each: 'route',
  check(route, report, world) {
    if (route.kind !== 'VirtualService') return;
    const seen = new Set<string>();
    for (const { subset, namespace, name, pointer, host } of route.backends) {
      if (subset === undefined || seen.has(`${name}/${subset}`)) continue;
      seen.add(`${name}/${subset}`);
      const rules = world.writtenDestinationRulesOf(namespace, name);
      const subsets = rules.flatMap(({ object }) =>
        listAt(object, 'spec', 'subsets').flatMap((one) => textAt(one, 'name') ?? []),
      );
      if (subsets.includes(subset)) continue;
      report(route, {
        pointer,
        ...(rules.length === 0 && { severity: 'warning' as const }),
        message: `VirtualService "${route.name}" sends to subset "${subset}" of ${host}, and ${rules.length === 0 ? 'no DestinationRule of that host is among the manifests' : `the DestinationRules of that host define ${subsets.length === 0 ? 'none' : subsets.join(', ')}`}`,
        fix: `add a DestinationRule with host: ${host} and subsets: [{name: ${subset}, labels: …}], or send to the host without a subset`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'another subset is defined',
        manifests: [...routed, rules(['v1'])],
        expect: [
          {
            object: 'VirtualService shop/reviews',
            severity: 'error',
            pointer: '/spec/http/0/route/0',
            message:
              'VirtualService "reviews" sends to subset "v2" of reviews, and the DestinationRules of that host define v1',
          },
        ],
      },
      {
        name: 'no DestinationRule',
        manifests: routed,
        expect: [{ object: 'VirtualService shop/reviews', severity: 'warning' }],
      },
    ],
    good: [{ name: 'the subset is defined', manifests: [...routed, rules(['v1', 'v2'])] }],
  }),
});
