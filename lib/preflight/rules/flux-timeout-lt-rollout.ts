import type { CanaryView, FluxKustomizationView } from '../../world';
import { canary, deployment, fluxKustomization } from '../case-manifests';
import { type RuleCases, rule } from '../rule';
import { readsCanaries, waitingFor } from '../waiting-for';

interface Rollout {
  readonly canary: CanaryView;
  /** The longer of success and rollback. */
  readonly seconds: number;
}

const timeoutOf = ({ timeoutSeconds, intervalSeconds }: FluxKustomizationView) => timeoutSeconds ?? intervalSeconds;

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
  each: 'world',
  check(world, report) {
    const tooSlow = new Map<FluxKustomizationView, Rollout[]>();
    for (const canary of world.canaries()) {
      const { successSeconds, rollbackSeconds } = canary.rollout;
      const seconds = Math.max(successSeconds, rollbackSeconds);
      for (const kustomization of waitingFor(world, canary)) {
        if (!readsCanaries(kustomization) || seconds <= (timeoutOf(kustomization) ?? seconds)) continue;
        const rollouts = tooSlow.get(kustomization) ?? [];
        rollouts.push({ canary, seconds });
        tooSlow.set(kustomization, rollouts);
      }
    }
    for (const [kustomization, rollouts] of tooSlow) {
      const { canary, seconds } = rollouts.reduce((longest, one) => (one.seconds > longest.seconds ? one : longest));
      const more = rollouts.length - 1;
      report(kustomization, {
        pointer: kustomization.spec.timeout === undefined ? '/spec/interval' : '/spec/timeout',
        message: `Kustomization "${kustomization.name}" waits ${timeoutOf(kustomization)} s, and a rollout of Canary "${canary.name}" takes up to ${seconds} s${more === 0 ? '' : `; ${more} more ${more === 1 ? 'takes' : 'take'} longer than it waits`}`,
        fix: `set timeout to ${Math.ceil((seconds + 300) / 60)}m or more`,
      });
    }
  },
  cases: (): RuleCases => ({
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
        name: 'three of its four Canaries: the longest is named',
        manifests: [
          fluxKustomization('apps', {
            wait: true,
            timeout: '5m',
            healthCheckExprs: [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', current: 'true' }],
          }),
        ],
        files: {
          'apps/all.yaml': [
            canary('ad'),
            canary('cart', { analysis: { stepWeight: 5 } }),
            canary('frontend'),
            canary('quick', { analysis: { interval: '10s' } }),
          ],
        },
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            pointer: '/spec/timeout',
            message:
              'Kustomization "apps" waits 300 s, and a rollout of Canary "cart" takes up to 840 s; 2 more take longer than it waits',
          },
        ],
      },
      {
        name: 'two Kustomizations that wait for the same two',
        manifests: [
          ...['apps', 'gate'].map((name) =>
            fluxKustomization(name, {
              timeout: '5m',
              healthChecks: ['ad', 'cart'].map((canary) => ({
                apiVersion: 'flagger.app/v1beta1',
                kind: 'Canary',
                name: canary,
                namespace: 'shop',
              })),
              healthCheckExprs: [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', current: 'true' }],
            }),
          ),
          canary('ad'),
          canary('cart'),
        ],
        expect: ['apps', 'gate'].map((name) => ({
          object: `Kustomization flux-system/${name}`,
          message: `Kustomization "${name}" waits 300 s, and a rollout of Canary "ad" takes up to 540 s; 1 more takes longer than it waits`,
        })),
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
  }),
});
