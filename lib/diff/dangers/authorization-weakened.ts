import { isFields, listAt, textAt } from '../../kube';
import type { Entry } from '../../world';
import { deployment, object } from '../case-objects';
import { type DangerView, danger } from '../danger';

const policy = (name: string, spec: Readonly<Record<string, unknown>>) =>
  object('security.istio.io/v1', 'AuthorizationPolicy', name, { spec });
const fromWeb = { from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }] };

const isLinkerds = ({ object }: Entry): boolean => listAt(object, 'spec', 'requiredAuthenticationRefs').length > 0;

export default danger({
  id: 'authorization-weakened',
  severity: 'warning',
  since: '0.2.0',
  why: 'Where no ALLOW policy selects a workload, everybody may call it; an empty rule in one allows everybody, too. A DENY policy that goes allows what it denied.',
  cause: 'requests that were refused get in',
  source: ['istio.io/latest/docs/reference/config/security/authorization-policy'],
  check(diff, report) {
    for (const change of diff.of('AuthorizationPolicy')) {
      // Linkerd's refuse nothing: they let in whom a Server refuses.
      if (!change.before || isLinkerds(change.before)) continue;
      const action = textAt(change.before.object, 'spec', 'action') ?? 'ALLOW';
      const rules = (object: unknown) => listAt(object, 'spec', 'rules');
      if (!change.after) {
        if (leavesWithItsPods(diff, change.before)) continue;
        report(change, {
          message: `AuthorizationPolicy "${change.name}" (${action}) goes: ${action === 'DENY' ? 'what it denied is allowed' : 'where it was the last one, everybody may call'}`,
          fix: 'keep it, or write its rules into another policy in the same commit',
        });
        continue;
      }
      const isOpen = (object: unknown) =>
        rules(object).some((rule) => isFields(rule) && Object.keys(rule).length === 0);
      if (action === 'ALLOW' && isOpen(change.after.object) && !isOpen(change.before.object))
        report(change, {
          pointer: '/spec/rules',
          message: `AuthorizationPolicy "${change.name}" now allows everybody`,
          fix: 'name sources, operations or conditions in the empty rule',
        });
      else if (action === 'DENY' && rules(change.after.object).length < rules(change.before.object).length)
        report(change, {
          pointer: '/spec/rules',
          message: `AuthorizationPolicy "${change.name}" denies less: ${rules(change.before.object).length} rules become ${rules(change.after.object).length}`,
          fix: 'keep the rule, or say in the commit why it may go',
        });
    }
  },
  cases: {
    bad: [
      {
        name: 'an empty rule',
        before: [policy('cart', { rules: [fromWeb] })],
        after: [policy('cart', { rules: [fromWeb, {}] })],
        expect: [
          {
            object: 'AuthorizationPolicy shop/cart',
            message: 'AuthorizationPolicy "cart" now allows everybody',
          },
        ],
      },
      {
        name: 'a policy that denies goes',
        before: [policy('no-admin', { action: 'DENY', rules: [fromWeb] })],
        after: [],
        expect: [
          {
            object: 'AuthorizationPolicy shop/no-admin',
            message: 'AuthorizationPolicy "no-admin" (DENY) goes: what it denied is allowed',
          },
        ],
      },
    ],
    good: [
      {
        name: 'it leaves with its service',
        before: [deployment('cart'), policy('cart', { selector: { matchLabels: { app: 'cart' } }, rules: [fromWeb] })],
        after: [],
      },
      {
        name: 'one more caller by name',
        before: [policy('cart', { rules: [fromWeb] })],
        after: [
          policy('cart', {
            rules: [fromWeb, { from: [{ source: { principals: ['cluster.local/ns/shop/sa/api'] } }] }],
          }),
        ],
      },
    ],
  },
});

/** Whether all the pods that it was for go, too. */
function leavesWithItsPods(diff: DangerView, policy: Entry): boolean {
  const guarded = diff.before
    .writtenWorkloads()
    .filter((workload) => diff.before.selecting('AuthorizationPolicy', workload).includes(policy));
  return (
    guarded.length > 0 &&
    guarded.every(({ kind, namespace, name }) => diff.after.writtenWorkload(kind, namespace, name) === undefined)
  );
}
