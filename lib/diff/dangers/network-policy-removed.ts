import { fieldsAt, isFields } from '../../kube';
import { specOf } from '../ask';
import { deployment, networkPolicy, object } from '../case-objects';
import type { ObjectChange } from '../cluster-diff';
import { type DangerView, danger } from '../danger';

const POLICIES = /NetworkPolicy$/;

const cilium = (name: string) =>
  object('cilium.io/v2', 'CiliumNetworkPolicy', name, {
    spec: { endpointSelector: { matchLabels: { 'serving.kserve.io/inferenceservice': name } }, ingress: [] },
  });

export default danger({
  id: 'network-policy-removed',
  severity: 'warning',
  since: '0.2.0',
  why: 'Pods that no NetworkPolicy selects accept and make every connection. When the last policy of some pods goes, everybody reaches them.',
  cause: 'pods that no policy selects are open to all',
  source: ['kubernetes.io/docs/concepts/services-networking/network-policies'],
  check(diff, report) {
    for (const change of diff.of('NetworkPolicy', 'CiliumNetworkPolicy')) {
      if (!change.isDeleted) continue;
      // It goes with what it was for.
      const guarded = diff.before
        .writtenWorkloads()
        .filter(({ namespace }) => namespace === change.namespace)
        .filter((workload) => diff.before.selecting('NetworkPolicy', workload).some((one) => one === change.before));
      const left = guarded.filter(
        ({ kind, namespace, name }) => diff.after.writtenWorkload(kind, namespace, name) !== undefined,
      );
      const open = left.filter((workload) => diff.after.selecting('NetworkPolicy', workload).length === 0);
      // One of all pods holds for those that come, too: for jobs, and for what somebody applies by hand.
      const isOfAll =
        change.kind === 'NetworkPolicy' &&
        isFields(specOf(change.before).podSelector) &&
        Object.keys(fieldsAt(change.before?.object, 'spec', 'podSelector')).length === 0 &&
        diff.after.writtenWorkloads().some(({ namespace }) => namespace === change.namespace);
      if (change.kind === 'NetworkPolicy' && open.length === 0 && !isOfAll) continue;
      if (open.length === 0 && !isOfAll && isOfGone(diff, change)) continue;
      const whom = open.map(({ name }) => name).sort();
      report(change, {
        message: `${change.kind} "${change.name}" goes${whom.length === 0 && isOfAll ? ': pods of the namespace that no other policy selects are open' : ''}${whom.length > 0 ? `: no policy selects ${whom.slice(0, 3).join(', ')}${whom.length > 3 ? ` and ${whom.length - 3} more` : ''} any more` : ''}`,
        fix: 'keep the policy, or write what is to be allowed into another one in the same commit',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'the only policy of a service',
        before: [deployment('cart'), networkPolicy('cart', { ingress: [] })],
        after: [deployment('cart')],
        expect: [
          {
            object: 'NetworkPolicy shop/cart',
            message: 'NetworkPolicy "cart" goes: no policy selects cart any more',
          },
        ],
      },
      {
        name: 'the one of all pods, where each service has its own',
        before: [
          deployment('cart'),
          networkPolicy('cart', { podSelector: { matchLabels: { app: 'cart' } }, ingress: [] }),
          networkPolicy('all', { podSelector: {} }),
        ],
        after: [
          deployment('cart'),
          networkPolicy('cart', { podSelector: { matchLabels: { app: 'cart' } }, ingress: [] }),
        ],
        expect: [
          {
            object: 'NetworkPolicy shop/all',
            message: 'NetworkPolicy "all" goes: pods of the namespace that no other policy selects are open',
          },
        ],
      },
    ],
    good: [
      {
        name: 'it leaves with what an operator makes pods of',
        before: [cilium('model'), object('serving.kserve.io/v1beta1', 'InferenceService', 'model')],
        after: [],
      },
      {
        name: 'another one of all pods stays',
        before: [deployment('cart'), networkPolicy('cart', { ingress: [] }), networkPolicy('all', { podSelector: {} })],
        after: [deployment('cart'), networkPolicy('all', { podSelector: {} })],
      },
      {
        name: 'it leaves with its service',
        before: [deployment('cart'), networkPolicy('cart', { ingress: [] })],
        after: [],
      },
    ],
  },
});

/** Whether it selects by the name of something that goes too: pods that an operator makes of it are not in the tree. */
function isOfGone(diff: DangerView, { before, namespace, key }: ObjectChange): boolean {
  const { endpointSelector, podSelector } = specOf(before);
  const labels = { ...fieldsAt(endpointSelector, 'matchLabels'), ...fieldsAt(podSelector, 'matchLabels') };
  const values = new Set(Object.values(labels));
  return diff.changes.some(
    (one) =>
      one.isDeleted &&
      one.key !== key &&
      one.namespace === namespace &&
      values.has(one.name) &&
      !POLICIES.test(one.kind),
  );
}
