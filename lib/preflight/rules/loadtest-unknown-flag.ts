import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'loadtest-unknown-flag',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: "Flagger's documentation writes `ghz -q 10`. The ghz 0.120 of load tester 0.38 has no -q and ends at once; the load tester has answered 202 by then, so nothing says that no request was sent.",
  cause: 'ghz 0.120 has no flag -q',
  source: ['fluxcd/flagger v1.44 Dockerfile.loadtester (ghz 0.120.0)', 'bojand/ghz v0.120.0 cmd/ghz/main.go'],
  codes: [],
  each: 'canary',
  check(canary, report) {
    for (const hook of canary.webhooks) {
      if (hook.command === undefined || !/(^|[\s;&|])ghz\s[^;&|]*\s-q\s*\d/.test(hook.command)) continue;
      report(canary, {
        pointer: `${hook.pointer}/metadata/cmd`,
        message: `the command of webhook "${hook.name}" of Canary "${canary.name}" calls ghz with -q, which it does not know: no request is sent`,
        edits: [{ value: hook.command.replace(/((?:^|[\s;&|])ghz\s[^;&|]*\s)-q(?=\s*\d)/g, '$1--rps') }],
        fix: 'replace -q by --rps',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'as documented',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://flagger-loadtester.test/',
                  metadata: { cmd: 'ghz -z 1m -q 10 -c 2 --insecure frontend-canary.shop:80' },
                },
              ],
            },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/webhooks/0/metadata/cmd',
            message:
              'the command of webhook "load" of Canary "frontend" calls ghz with -q, which it does not know: no request is sent',
          },
        ],
      },
    ],
    good: [
      {
        name: '--rps',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://flagger-loadtester.test/',
                  metadata: { cmd: 'ghz -z 1m --rps 10 -c 2 --insecure frontend-canary.shop:80' },
                },
              ],
            },
          }),
        ],
      },
      {
        name: 'hey has -q',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              webhooks: [
                {
                  name: 'load',
                  type: 'rollout',
                  url: 'http://flagger-loadtester.test/',
                  metadata: { cmd: 'hey -z 1m -q 10 http://frontend-canary.shop/' },
                },
              ],
            },
          }),
        ],
      },
    ],
  }),
});
