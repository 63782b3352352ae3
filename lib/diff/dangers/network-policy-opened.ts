import { isFields, listAt, textsAt } from '../../kube';
import { networkPolicy } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'network-policy-opened',
  severity: 'warning',
  since: '0.2.0',
  why: 'A rule of a NetworkPolicy without `from` (or `to`) allows all. Added to a policy, it takes the other rules of their effect.',
  cause: 'a rule without a peer allows every peer, and the other rules no longer matter',
  source: ['kubernetes v1.34 pkg/apis/networking/types.go (NetworkPolicyIngressRule)'],
  check(diff, report) {
    for (const change of diff.of('NetworkPolicy')) {
      if (!change.before || !change.after) continue;
      for (const [rules, peers] of [
        ['ingress', 'from'],
        ['egress', 'to'],
      ] as const) {
        const isOpen = (object: unknown) =>
          listAt(object, 'spec', rules).some((rule) => isFields(rule) && listAt(rule, peers).length === 0);
        if (!isOpen(change.after.object) || isOpen(change.before.object)) continue;
        // Without rules and without the type every way out was open before.
        const wasIsolated =
          listAt(change.before.object, 'spec', rules).length > 0 ||
          textsAt(change.before.object, 'spec', 'policyTypes').includes('Egress');
        if (rules === 'egress' && !wasIsolated) continue;
        report(change, {
          pointer: `/spec/${rules}`,
          message: `NetworkPolicy "${change.name}" now allows ${rules === 'ingress' ? 'everybody in' : 'every way out'}`,
          fix: `name the peers in \`${peers}\` of the rule`,
        });
      }
    }
  },
  cases: {
    bad: [
      {
        name: 'a rule of ports alone',
        before: [networkPolicy('cart', { ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }] })],
        after: [networkPolicy('cart', { ingress: [{ ports: [{ port: 80 }] }] })],
        expect: [{ object: 'NetworkPolicy shop/cart', message: 'NetworkPolicy "cart" now allows everybody in' }],
      },
      {
        name: 'the policy that refused every way out',
        before: [networkPolicy('all', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] })],
        after: [networkPolicy('all', { podSelector: {}, policyTypes: ['Ingress', 'Egress'], egress: [{}] })],
        expect: [{ object: 'NetworkPolicy shop/all', message: 'NetworkPolicy "all" now allows every way out' }],
      },
    ],
    good: [
      {
        name: 'one more caller',
        before: [networkPolicy('cart', { ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }] })],
        after: [
          networkPolicy('cart', {
            ingress: [
              {
                from: [
                  { podSelector: { matchLabels: { app: 'web' } } },
                  { podSelector: { matchLabels: { app: 'api' } } },
                ],
              },
            ],
          }),
        ],
      },
    ],
  },
});
