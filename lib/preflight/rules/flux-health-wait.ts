import { canary, fluxKustomization } from '../case-manifests';
import { rule } from '../rule';
import { readsCanaries, waitingFor } from '../waiting-for';

export default rule({
  id: 'flux-health-wait',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'A Kustomization with wait (or a healthCheck of the Canary) is Ready when its objects are. Flux judges an object by its condition Ready; a Canary has only the condition Promoted, so Flux takes it for healthy at once. The Kustomization is Ready while the rollout still runs or has failed, and whatever depends on it goes on.',
  cause: 'a Canary has no condition Ready, so Flux takes it for healthy at once; its condition is Promoted',
  source: [
    'fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/status.go',
    'fluxcd/cli-utils pkg/kstatus/status/generic.go',
    'fluxcd/kustomize-controller v1.6 api/v1/kustomization_types.go (healthCheckExprs)',
  ],
  codes: ['FLUX_HEALTH_WAIT'],
  each: 'canary',
  check(canary, report, world) {
    for (const kustomization of waitingFor(world, canary)) {
      if (readsCanaries(kustomization)) continue;
      report(kustomization, {
        once: true,
        pointer: kustomization.wait ? '/spec/wait' : '/spec/healthChecks',
        message: `Kustomization "${kustomization.name}" waits for Canary "${canary.name}", but is Ready at once, even when the rollout fails`,
        fix: `add to Kustomization "${kustomization.name}": healthCheckExprs: [{apiVersion: flagger.app/v1beta1, kind: Canary, inProgress: "status.conditions.exists(c, c.type == 'Promoted' && c.status == 'Unknown')", failed: "status.conditions.exists(c, c.type == 'Promoted' && c.status == 'False')", current: "status.conditions.exists(c, c.type == 'Promoted' && c.status == 'True')"}]`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'wait over a folder with a Canary',
        manifests: [fluxKustomization('apps', { wait: true })],
        files: { 'apps/frontend.yaml': [canary('frontend')] },
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            pointer: '/spec/wait',
            message:
              'Kustomization "apps" waits for Canary "frontend", but is Ready at once, even when the rollout fails',
          },
        ],
      },
      {
        name: 'a health check of the Canary itself',
        manifests: [
          fluxKustomization('apps', {
            healthChecks: [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'frontend', namespace: 'shop' }],
          }),
          canary('frontend'),
        ],
        expect: [{ object: 'Kustomization flux-system/apps', pointer: '/spec/healthChecks' }],
      },
    ],
    good: [
      {
        name: 'an expression reads the condition Promoted',
        manifests: [
          fluxKustomization('apps', {
            wait: true,
            healthCheckExprs: [
              {
                apiVersion: 'flagger.app/v1beta1',
                kind: 'Canary',
                current: "status.conditions.exists(c, c.type == 'Promoted' && c.status == 'True')",
              },
            ],
          }),
        ],
        files: { 'apps/frontend.yaml': [canary('frontend')] },
      },
      {
        name: 'nobody waits',
        manifests: [fluxKustomization('apps')],
        files: { 'apps/frontend.yaml': [canary('frontend')] },
      },
      {
        name: 'another folder waits',
        manifests: [fluxKustomization('infra', { wait: true }), fluxKustomization('apps')],
        files: { 'apps/frontend.yaml': [canary('frontend')] },
      },
    ],
  }),
});
