import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const redis = { port: 6379, targetPort: 6379, appProtocol: 'tcp' };

export default rule({
  id: 'long-lived-connections',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'On a TCP port a weight counts connections, and only when they are opened. Clients with a pool of connections stay where they are: for the whole rollout the canary may get none of their traffic, and after the promotion pods that are removed cut the old connections.',
  cause: 'TCP is weighed when a connection is opened, not for each request',
  source: [
    'fluxcd/flagger v1.44 pkg/router/istio.go (SetRoutes: TCPRoute)',
    'istio.io/latest/docs/reference/config/networking/virtual-service (TCPRoute)',
  ],
  codes: ['LONG_LIVED_CONNECTIONS'],
  echoOf: ['tcp-no-http-metrics'],
  each: 'canary',
  check(canary, report) {
    const { strategy, weightsPercent } = canary.analysis;
    if (!canary.isIstio || !canary.isTcpToFlagger || canary.skipAnalysis || strategy !== 'canary') return;
    report(canary, {
      pointer: `${canary.analysisPointer}${canary.analysis.stepWeights ? '/stepWeights' : '/stepWeight'}`,
      message: `Canary "${canary.name}" shifts weights (${weightsPercent.slice(0, 3).join(', ')}${weightsPercent.length > 3 ? ' …' : ''} %) on a port with appProtocol tcp: only new connections are shared out, and clients that keep theirs stay at the primary`,
      fix: `write iterations: ${Math.max(5, weightsPercent.length)} instead of the weights (Blue/Green), and add a rollout webhook that tests ${canary.canaryName}.${canary.namespace}:${canary.port ?? 0}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'weights for a database',
        manifests: [deployment('redis'), canary('redis', { service: redis, analysis: { metrics: [] } })],
        expect: [
          {
            object: 'Canary shop/redis',
            pointer: '/spec/analysis/stepWeight',
            message:
              'Canary "redis" shifts weights (10, 20, 30 … %) on a port with appProtocol tcp: only new connections are shared out, and clients that keep theirs stay at the primary',
          },
        ],
      },
    ],
    good: [
      {
        name: 'Blue/Green',
        manifests: [
          deployment('redis'),
          canary('redis', {
            service: redis,
            analysis: { stepWeight: undefined, maxWeight: undefined, iterations: 5, metrics: [] },
          }),
        ],
      },
      { name: 'HTTP', manifests: [deployment('cart'), canary('cart', { service: { appProtocol: 'http' } })] },
    ],
  }),
});
