import { rememberedFor, textsAt } from '../../kube';
import type { Workload } from '../../world';
import { canary, deployment, service } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'loadtester-ns-regex',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'With namespaceRegexp the load tester answers only for namespaces that match. It refuses the others with 403, and each call counts as a failed check.',
  cause: 'the load tester refuses this namespace',
  source: ['fluxcd/flagger v1.44 cmd/loadtester/main.go (namespace-regexp)'],
  codes: ['LOADTESTER_NS_REGEX'],
  each: 'canary',
  check(canary, report, world) {
    for (const hook of canary.webhooks) {
      if (!hook.service) continue;
      const tester = world.service(hook.service.namespace, hook.service.name)?.workloads[0];
      const pattern = tester && patternOf(tester);
      if (pattern === undefined || matches(pattern, canary.namespace)) continue;
      report(canary, {
        pointer: `${hook.pointer}/url`,
        message: `the load tester "${tester?.name}" answers for namespaces that match "${pattern}", and Canary "${canary.name}" is in "${canary.namespace}"`,
        fix: 'widen -namespace-regexp of the load tester, or use another one',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'another namespace',
        manifests: [
          deployment('frontend'),
          service('tester'),
          deployment('tester', { container: { args: ['-namespace-regexp=^prod$'] } }),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://tester.shop/',
                  metadata: { cmd: 'hey http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0/url',
            message:
              'the load tester "tester" answers for namespaces that match "^prod$", and Canary "frontend" is in "shop"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'this one',
        manifests: [
          deployment('frontend'),
          service('tester'),
          deployment('tester', { container: { args: ['-namespace-regexp=^shop$'] } }),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://tester.shop/',
                  metadata: { cmd: 'hey http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
      },
    ],
  }),
});

/** Of one load tester, which most Canaries share. */
const patternOf = rememberedFor((tester: Workload): string | undefined => {
  const args = tester.containers.flatMap(({ fields }) => [...textsAt(fields, 'command'), ...textsAt(fields, 'args')]);
  return args.map((arg) => /^--?namespace-regexp=(.+)$/.exec(arg)?.[1]).find((value) => value !== undefined);
});

/** Go's expressions are a subset of JavaScript's here; one that JavaScript cannot read is not judged. */
function matches(pattern: string, namespace: string): boolean {
  try {
    return new RegExp(pattern).test(namespace);
  } catch {
    return true;
  }
}
