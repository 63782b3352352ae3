import { canary, deployment, fluxKustomization } from '../case-manifests';
import { rule } from '../rule';

const key = 'kustomize.toolkit.fluxcd.io/force';

export default rule({
  id: 'flux-force-recreate',
  severity: 'warning',
  effect: 'outage',
  since: '0.1.0',
  why: 'With force Flux deletes and makes again what the API server refuses to change in place, such as a Deployment with another selector, or a Service with another clusterIP. Of a Canary that takes the Service away from its callers, or a new target starts while a rollout runs. Flagger notices only at its next check.',
  cause: 'force deletes an object that cannot be changed in place, and makes it again',
  source: [
    'fluxcd/kustomize-controller v1.9 docs/spec/v1/kustomizations.md (Force)',
    'fluxcd/pkg ssa/manager_apply.go (ApplyAll)',
  ],
  codes: ['FLUX_FORCE_RECREATE'],
  each: 'canary',
  check(canary, report, world) {
    for (const entry of [canary.target?.entry, canary.writtenService]) {
      if (!entry || entry.madeBy) continue;
      const kustomization = world.kustomizationOf(entry);
      const isOwn = entry.annotations[key] === 'enabled' || entry.labels[key] === 'enabled';
      if (!isOwn && !kustomization?.force) continue;
      report(isOwn || !kustomization ? entry : kustomization, {
        about: canary,
        ...(isOwn ? {} : { pointer: '/spec/force' }),
        message: isOwn
          ? `${entry.kind} "${entry.name}" of Canary "${canary.name}" has ${key}: enabled: Flux deletes it where it cannot change it in place`
          : `Kustomization "${kustomization?.name}" has force: true and applies ${entry.kind} "${entry.name}" of Canary "${canary.name}": Flux deletes it where it cannot change it in place`,
        fix: isOwn
          ? `remove ${key} from ${entry.kind} "${entry.name}" once the change for which it was set is applied`
          : `remove force from Kustomization "${kustomization?.name}"; for one change annotate the one object with ${key}: enabled, and remove that afterwards`,
      });
      break;
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the Kustomization of the target',
        manifests: [fluxKustomization('apps', { force: true })],
        files: { 'apps/frontend.yaml': [deployment('frontend'), canary('frontend')] },
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            pointer: '/spec/force',
            message:
              'Kustomization "apps" has force: true and applies Deployment "frontend" of Canary "frontend": Flux deletes it where it cannot change it in place',
          },
        ],
      },
      {
        name: 'the target itself',
        manifests: [deployment('frontend', { metadata: { annotations: { [key]: 'enabled' } } }), canary('frontend')],
        expect: [
          {
            object: 'Deployment shop/frontend',
            message:
              'Deployment "frontend" of Canary "frontend" has kustomize.toolkit.fluxcd.io/force: enabled: Flux deletes it where it cannot change it in place',
          },
        ],
      },
    ],
    good: [
      {
        name: 'no force',
        manifests: [fluxKustomization('apps')],
        files: { 'apps/frontend.yaml': [deployment('frontend'), canary('frontend')] },
      },
      {
        name: 'a Kustomization that applies nothing of the Canary',
        manifests: [fluxKustomization('infra', { force: true }), fluxKustomization('apps')],
        files: { 'apps/frontend.yaml': [deployment('frontend'), canary('frontend')] },
      },
    ],
  }),
});
