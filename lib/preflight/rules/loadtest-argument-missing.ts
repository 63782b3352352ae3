import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const loaded = (cmd: string) => [
  deployment('cart'),
  canary('cart', {
    analysis: {
      webhooks: [{ name: 'load', type: 'rollout', url: 'http://flagger-loadtester.test/', metadata: { cmd } }],
    },
  }),
];

/** Programs of the load tester with what they do not start without. */
const needs: readonly {
  readonly tool: string;
  readonly argument: RegExp;
  readonly says: string;
  readonly fix: string;
}[] = [
  {
    tool: 'ghz',
    argument: /(^|\s)(--call|-C|--config)(\s|=)/,
    says: 'calls ghz without --call',
    fix: 'name the method: --call <package>.<Service>/<Method> (and --proto or --protoset where the server has no reflection), for instance --call grpc.health.v1.Health/Check',
  },
  {
    tool: 'k6',
    argument: /(^|\s)(run|cloud)\s+\S/,
    says: 'calls k6 without run and a script',
    fix: 'write k6 run <file>: the script must be in the image or a volume of the load tester',
  },
];

export default rule({
  id: 'loadtest-argument-missing',
  severity: 'error',
  effect: 'fails',
  since: '0.3.0',
  why: "A command that lacks what its program cannot do without ends at once. The load tester has answered 202 by then, so the hook passes, no request is sent, and the metrics have no values. Flagger's own documentation shows ghz without the method that it calls.",
  cause: 'the program ends before it has sent a request, and the hook passes all the same',
  source: [
    'bojand/ghz v0.120.0 cmd/ghz/main.go (--call)',
    'fluxcd/flagger v1.44 pkg/loadtester/server.go (task cmd)',
    'fluxcd/flagger issue 931',
  ],
  codes: [],
  each: 'canary',
  check(canary, report) {
    for (const { command, name, pointer } of canary.webhooks) {
      if (command === undefined) continue;
      for (const part of command.split(/[;&|\n]+/)) {
        const found = needs.find(
          ({ tool, argument }) =>
            new RegExp(`^\\s*(\\S*/)?${tool}\\s`).test(part) &&
            !argument.test(part) &&
            !/\$|--help|--version/.test(part),
        );
        if (!found) continue;
        report(canary, {
          pointer: `${pointer}/metadata/cmd`,
          message: `the command of webhook "${name}" of Canary "${canary.name}" ${found.says}: no request is sent`,
          fix: found.fix,
        });
        break;
      }
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'ghz without the method',
        manifests: loaded('ghz -z 1m --rps 10 -c 2 --insecure cart-canary.shop:80'),
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/webhooks/0/metadata/cmd',
            message: 'the command of webhook "load" of Canary "cart" calls ghz without --call: no request is sent',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the method is named',
        manifests: loaded('ghz -z 1m --call grpc.health.v1.Health/Check --insecure cart-canary.shop:80'),
      },
      { name: 'another program', manifests: loaded('hey -z 1m http://cart-canary.shop/') },
    ],
  }),
});
