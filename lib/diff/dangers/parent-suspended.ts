import { canary, deployment, deploymentOf, kustomization } from '../case-objects';
import { danger } from '../danger';
import { isSuspended } from '../pruning';

export default danger({
  id: 'parent-suspended',
  severity: 'warning',
  since: '0.2.0',
  why: 'What a suspended Kustomization applies stays as it is in the cluster, whatever Git says; a suspended Canary lets a change lie. All that was committed meanwhile comes at once on the day on which somebody resumes it.',
  cause: 'nothing of it happens until somebody resumes it, and then everything comes at once',
  source: [
    'fluxcd.io/flux/components/kustomize/kustomizations (suspend)',
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go (Suspend)',
  ],
  check(diff, report) {
    const waiting = new Map<string, { readonly count: number; readonly first: string }>();
    for (const { appliedBefore, appliedAfter, kind, name, written, isAdded, isRemoved, isKept } of diff.changes) {
      const applier = isRemoved ? appliedBefore && diff.kustomizationAfter(appliedBefore) : appliedAfter;
      if (!applier || !isSuspended(applier)) continue;
      if (isRemoved ? isKept || !applier.prune : !isAdded && written.length === 0) continue;
      const key = `${applier.namespace}/${applier.name}`;
      const known = waiting.get(key);
      waiting.set(key, { count: (known?.count ?? 0) + 1, first: known?.first ?? `${kind} "${name}"` });
    }
    for (const kustomization of diff.after.fluxKustomizations()) {
      const found = waiting.get(`${kustomization.namespace}/${kustomization.name}`);
      if (!found) continue;
      report(kustomization.entry, {
        pointer: '/spec/suspend',
        message: `Kustomization "${kustomization.name}" is suspended: ${found.first}${found.count > 1 ? ` and ${found.count - 1} more` : ''} ${found.count > 1 ? 'do' : 'does'} not change`,
        fix: 'remove `suspend`, or know that this waits',
      });
    }
    for (const { workload, canary } of diff.rolling.rollouts)
      if (canary?.isSuspended)
        report(canary.entry, {
          pointer: '/spec/suspend',
          message: `Canary "${canary.name}" is suspended: the new version of "${workload.name}" gets no pods, and the primary runs on`,
          fix: 'remove `suspend`, or know that this waits',
        });
  },
  cases: {
    bad: [
      {
        name: 'a Kustomization',
        before: {
          'flux.yaml': [kustomization('apps', 'apps', { suspend: true })],
          'apps/cart.yaml': [deploymentOf('cart', { image: 'cart:v1' })],
        },
        after: {
          'flux.yaml': [kustomization('apps', 'apps', { suspend: true })],
          'apps/cart.yaml': [deploymentOf('cart', { image: 'cart:v2' })],
        },
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            message: 'Kustomization "apps" is suspended: Deployment "cart" does not change',
          },
        ],
      },
      {
        name: 'it shall be deleted',
        before: {
          'flux.yaml': [kustomization('apps', 'apps', { suspend: true })],
          'apps/cart.yaml': [deployment('cart'), deployment('web')],
        },
        after: {
          'flux.yaml': [kustomization('apps', 'apps', { suspend: true })],
          'apps/cart.yaml': [deployment('web')],
        },
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            message: 'Kustomization "apps" is suspended: Deployment "cart" does not change',
          },
        ],
      },
      {
        name: 'a Canary',
        before: [deploymentOf('cart', { image: 'cart:v1' }), canary('cart', { suspend: true })],
        after: [deploymentOf('cart', { image: 'cart:v2' }), canary('cart', { suspend: true })],
        expect: [
          {
            object: 'Canary shop/cart',
            message: 'Canary "cart" is suspended: the new version of "cart" gets no pods, and the primary runs on',
          },
        ],
      },
    ],
    good: [
      {
        name: 'it is suspended, and nothing of it changes',
        before: { 'flux.yaml': [kustomization('apps', 'apps')], 'apps/cart.yaml': [deploymentOf('cart', {})] },
        after: {
          'flux.yaml': [kustomization('apps', 'apps', { suspend: true })],
          'apps/cart.yaml': [deploymentOf('cart', {})],
        },
      },
    ],
  },
});
