import { canary, deployment, fluxKustomization } from '../case-manifests';
import { rule } from '../rule';
import { readsCanaries, waitingFor } from '../waiting-for';

export default rule({
  id: 'flux-timeout-lt-rollout',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'A Kustomization that waits for a Canary gives up at its timeout. When the rollout takes longer, Flux reports a failure that is none, and everything that depends on it waits.',
  cause: 'the health check ends before the rollout can',
  source: [
    'fluxcd/kustomize-controller v1.9 docs/spec/v1/kustomizations.md (timeout)',
    'fluxcd/flagger v1.44 pkg/controller/scheduler.go',
  ],
  codes: ['FLUX_TIMEOUT_LT_ROLLOUT'],
  check(world, report) {
    for (const canary of world.canaries()) {
      const { successSeconds, rollbackSeconds } = canary.rollout;
      const needed = Math.max(successSeconds, rollbackSeconds);
      for (const kustomization of waitingFor(world, canary)) {
        if (!readsCanaries(kustomization)) continue;
        const timeout = kustomization.timeoutSeconds ?? kustomization.intervalSeconds;
        if (timeout === undefined || timeout >= needed) continue;
        report(kustomization, {
          about: canary,
          pointer: kustomization.spec.timeout === undefined ? '/spec/interval' : '/spec/timeout',
          message: `Kustomization "${kustomization.name}" waits ${timeout} s, and a rollout of Canary "${canary.name}" takes up to ${needed} s`,
          fix: `set timeout to ${Math.ceil((needed + 300) / 60)}m or more`,
        });
      }
    }
  },
  cases: {
    bad: [
      {
        name: '5 minutes for 9',
        manifests: [
          deployment('frontend'),
          canary('frontend'),
          fluxKustomization('apps', {
            timeout: '5m',
            healthChecks: [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'frontend', namespace: 'shop' }],
            healthCheckExprs: [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', current: 'true' }],
          }),
        ],
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            pointer: '/spec/timeout',
            message: 'Kustomization "apps" waits 300 s, and a rollout of Canary "frontend" takes up to 540 s',
          },
        ],
      },
      {
        name: 'it waits for all that it applies',
        manifests: [
          fluxKustomization('apps', {
            wait: true,
            timeout: '5m',
            healthCheckExprs: [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', current: 'true' }],
          }),
        ],
        files: { 'apps/frontend.yaml': [deployment('frontend'), canary('frontend')] },
        expect: [{ object: 'Kustomization flux-system/apps', pointer: '/spec/timeout', severity: 'error' }],
      },
      {
        name: 'without a timeout it waits for its interval',
        manifests: [
          fluxKustomization('apps', {
            wait: true,
            interval: '5m',
            healthCheckExprs: [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', current: 'true' }],
          }),
        ],
        files: { 'apps/frontend.yaml': [deployment('frontend'), canary('frontend')] },
        expect: [{ object: 'Kustomization flux-system/apps', pointer: '/spec/interval', severity: 'error' }],
      },
    ],
    good: [
      {
        name: 'Flux takes a Canary for ready at once: another rule says so',
        manifests: [fluxKustomization('apps', { wait: true, timeout: '5m' })],
        files: { 'apps/frontend.yaml': [canary('frontend')] },
      },
      {
        name: '20 minutes',
        manifests: [
          deployment('frontend'),
          canary('frontend'),
          fluxKustomization('apps', {
            timeout: '20m',
            healthChecks: [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'frontend', namespace: 'shop' }],
            healthCheckExprs: [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', current: 'true' }],
          }),
        ],
      },
    ],
  },
});
