import { textAt } from '../../kube';
import { canary, deployment, loadTest } from '../case-manifests';
import { rule } from '../rule';

/** Providers whose built-in metrics are counters of the ingress, with the Service that usually is its entrance. */
const ingresses: Readonly<Record<string, string>> = {
  apisix: 'apisix-gateway.apisix',
  contour: 'envoy.projectcontour',
  gloo: 'gateway-proxy.gloo-system',
  nginx: 'ingress-nginx-controller.ingress-nginx',
  skipper: 'skipper-ingress.kube-system',
  traefik: 'traefik.traefik',
};

const behindNginx = (load: Readonly<Record<string, unknown>>) => [
  deployment('web'),
  canary('web', {
    spec: { provider: 'nginx', ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'web' } },
    analysis: { webhooks: [load] },
  }),
];

export default rule({
  id: 'loadtest-bypasses-ingress',
  severity: 'warning',
  effect: 'fails',
  since: '0.1.0',
  why: 'These providers weigh and count requests at the ingress. A load test that calls a Service inside the cluster never passes it, so it is neither shared out by weight nor counted: unless users come in through the ingress, each check ends with "no values found", although the load test runs.',
  cause: 'only what passes the ingress is weighed and counted',
  source: [
    'fluxcd/flagger v1.44 pkg/metrics/observers/nginx.go, traefik.go, contour.go, gloo.go, apisix.go, skipper.go',
    'fluxcd/flagger v1.44 docs/gitbook/tutorials/traefik-progressive-delivery.md',
  ],
  codes: ['LOADTEST_BYPASSES_INGRESS'],
  each: 'canary',
  check(canary, report, world) {
    const provider = canary.provider.value;
    const entrance = ingresses[provider];
    const metric = canary.builtinMetrics[0];
    if (entrance === undefined || !metric || canary.skipAnalysis || canary.requestsPerSecond) return;
    const tests = canary.loadTests.filter(({ webhook }) => webhook.type === 'rollout');
    const inside = tests.find(({ hits }) => hits === 'apex' || hits === 'canary' || hits === 'primary');
    // One that comes in through the ingress is enough.
    if (!inside || tests.some(({ hits }) => hits === undefined || hits === 'gateway' || hits === 'other')) return;
    const host =
      canary.hosts[0] ?? hostOfIngress(world.given('Ingress', canary.namespace, ingressName(canary.spec))?.object);
    const { webhook, test } = inside;
    report(canary, {
      pointer: `${webhook.pointer}/metadata/cmd`,
      message: `webhook "${webhook.name}" of Canary "${canary.name}" sends its load to ${test.host}, past the ingress of provider ${provider}, where "${metric.name}" is counted`,
      fix: `send it to the ingress with the host of the route: hey -z 1m -q 5 -c 2 -host ${host ?? 'app.example.com'} http://${entrance}/ (write the Service of your ingress, and the host that the route has)`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'the load goes to the Service of the canary',
        manifests: behindNginx(loadTest('web-canary.shop')),
        expect: [
          {
            object: 'Canary shop/web',
            pointer: '/spec/analysis/webhooks/0/metadata/cmd',
            message:
              'webhook "load-test" of Canary "web" sends its load to web-canary.shop, past the ingress of provider nginx, where "request-success-rate" is counted',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the load goes to the ingress',
        manifests: behindNginx({
          ...loadTest('x'),
          metadata: {
            cmd: 'hey -z 1m -q 5 -c 2 -host shop.example http://ingress-nginx-controller.ingress-nginx/',
          },
        }),
      },
      { name: 'by the host of users', manifests: behindNginx(loadTest('shop.example')) },
      {
        name: 'Istio counts at the pod',
        manifests: [deployment('web'), canary('web', { analysis: { webhooks: [loadTest('web-canary.shop')] } })],
      },
    ],
  }),
});

function ingressName(spec: unknown): string {
  return textAt(spec, 'ingressRef', 'name') ?? '';
}

function hostOfIngress(ingress: unknown): string | undefined {
  return textAt(ingress, 'spec', 'rules', '0', 'host');
}
