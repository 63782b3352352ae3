import { canary, deploymentOf, helmRelease } from '../case-objects';
import { danger } from '../danger';

const CHARTS = [
  'istiod',
  'base',
  'gateway',
  'cni',
  'ztunnel',
  'flagger',
  'linkerd-control-plane',
  'kube-prometheus-stack',
  'prometheus',
];

export default danger({
  id: 'platform-and-apps-together',
  severity: 'warning',
  since: '0.2.0',
  why: 'While Flagger, the mesh or Prometheus is upgraded, rollouts have nobody to lead them, routes that change late, or metrics with holes: canaries fail for reasons that are not theirs, or are promoted on half of the numbers.',
  cause:
    'what leads and measures the rollouts starts anew while they run: they fail, or pass, for reasons that are not theirs',
  source: ['docs.flagger.app/usage/how-it-works', 'istio.io/latest/docs/setup/upgrade'],
  check(diff, report) {
    const led = diff.rolling.rollouts.filter(({ canary }) => canary !== undefined);
    if (led.length === 0) return;
    const changed = diff.of('HelmRelease').flatMap((change) => {
      if (!change.before || !change.after || change.written.length === 0) return [];
      const release = diff.after.helmReleases().find(({ entry }) => entry === change.after);
      return release && CHARTS.includes(release.chart) ? [{ change, chart: release.chart }] : [];
    });
    const [first] = changed;
    if (!first) return;
    const charts = [...new Set(changed.map(({ chart }) => `"${chart}"`))];
    report(first.change, {
      message: `${charts.length === 1 ? 'chart' : 'the charts'} ${charts.join(', ')} ${charts.length === 1 ? 'changes' : 'change'} in one step with ${led.length === 1 ? `the canary of "${led[0]!.workload.name}"` : `${led.length} canaries that roll out`}`,
      fix: 'commit the platform first, let it become Ready, then release the services',
    });
  },
  cases: {
    bad: [
      {
        name: 'Prometheus and a service',
        before: [
          helmRelease('prometheus', 'prometheus', '27.1.0'),
          deploymentOf('cart', { image: 'cart:v1' }),
          canary('cart'),
        ],
        after: [
          helmRelease('prometheus', 'prometheus', '27.2.0'),
          deploymentOf('cart', { image: 'cart:v2' }),
          canary('cart'),
        ],
        expect: [
          {
            object: 'HelmRelease shop/prometheus',
            message: 'chart "prometheus" changes in one step with the canary of "cart"',
          },
        ],
      },
      {
        name: 'Flagger and a service',
        before: [
          helmRelease('flagger', 'flagger', '1.43.0'),
          deploymentOf('cart', { image: 'cart:v1' }),
          canary('cart'),
        ],
        after: [
          helmRelease('flagger', 'flagger', '1.44.0'),
          deploymentOf('cart', { image: 'cart:v2' }),
          canary('cart'),
        ],
        expect: [
          {
            object: 'HelmRelease shop/flagger',
            message: 'chart "flagger" changes in one step with the canary of "cart"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'Prometheus alone',
        before: [
          helmRelease('prometheus', 'prometheus', '27.1.0'),
          deploymentOf('cart', { image: 'cart:v1' }),
          canary('cart'),
        ],
        after: [
          helmRelease('prometheus', 'prometheus', '27.2.0'),
          deploymentOf('cart', { image: 'cart:v1' }),
          canary('cart'),
        ],
      },
      {
        name: 'Flagger alone',
        before: [
          helmRelease('flagger', 'flagger', '1.43.0'),
          deploymentOf('cart', { image: 'cart:v1' }),
          canary('cart'),
        ],
        after: [
          helmRelease('flagger', 'flagger', '1.44.0'),
          deploymentOf('cart', { image: 'cart:v1' }),
          canary('cart'),
        ],
      },
    ],
  },
});
