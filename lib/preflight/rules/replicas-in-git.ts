import { fieldsAt, listAt } from '../../kube';
import { canary, deployment, fluxKustomization } from '../case-manifests';
import { isIgnored } from '../helm-origin';
import { rule } from '../rule';

export default rule({
  id: 'replicas-in-git',
  severity: 'warning',
  effect: 'cost',
  since: '0.1.0',
  why: 'Flagger keeps the target at zero pods between rollouts. When spec.replicas stands in the manifest, whoever applies it again (Flux at every reconciliation, Argo CD, kubectl) sets it: the old pods come back, and fight the autoscaler during a rollout.',
  cause: 'each time the manifest is applied it sets spec.replicas, and Flagger has set it to 0',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (ScaleToZero, ScaleFromZero)',
    'fluxcd/kustomize-controller v1.9 docs/spec/v1/kustomizations.md (Ignore Rules)',
  ],
  codes: ['REPLICAS_IN_GIT'],
  each: 'canary',
  check(canary, report, world) {
    const target = canary.target;
    if (!target || !('replicas' in fieldsAt(target.entry.object, 'spec')) || target.replicas === 0) return;
    const { kind, namespace, name, object } = target;
    const rules = listAt(world.kustomizationOf(target.entry)?.spec, 'ignore');
    if (isIgnored(rules, { kind, namespace, name, apiVersion: object.apiVersion }, '/spec/replicas')) return;
    report(target, {
      pointer: '/spec/replicas',
      about: canary,
      message: `${target.kind} "${target.name}" has spec.replicas ${target.replicas} in its manifest, and Canary "${canary.name}" scales it to 0 between rollouts`,
      fix: 'remove spec.replicas; for more than one pod add a HorizontalPodAutoscaler and autoscalerRef',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'two replicas',
        manifests: [deployment('frontend', { spec: { replicas: 2 } }), canary('frontend')],
        expect: [
          {
            object: 'Deployment shop/frontend',
            pointer: '/spec/replicas',
            message:
              'Deployment "frontend" has spec.replicas 2 in its manifest, and Canary "frontend" scales it to 0 between rollouts',
          },
        ],
      },
    ],
    good: [
      { name: 'none in Git', manifests: [deployment('frontend'), canary('frontend')] },
      {
        name: 'Flux ignores the field',
        manifests: [
          fluxKustomization('apps', { ignore: [{ paths: ['/spec/replicas'], target: { kind: 'Deployment' } }] }),
        ],
        files: { 'apps/frontend.yaml': [deployment('frontend', { spec: { replicas: 2 } }), canary('frontend')] },
      },
    ],
  }),
});
