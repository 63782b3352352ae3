import { factNote } from '../../world';
import { canary, deployment, flaggerRelease, service } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'metrics-server-default',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'When nobody sets metricsServer, Flagger asks http://prometheus:9090. A name without a namespace means a Service in Flagger\'s own namespace. If Prometheus is elsewhere, the name does not resolve: each check ends with "Prometheus query failed: … no such host", and the rollout is rolled back.',
  cause: 'the default of metricsServer is a Service "prometheus" in the namespace of Flagger',
  source: ['fluxcd/flagger v1.44 cmd/flagger/main.go', 'fluxcd/flagger v1.44 charts/flagger/values.yaml'],
  codes: ['METRICS_SERVER_DEFAULT'],
  check(world, report) {
    const { flagger } = world;
    const namespace = flagger.namespace.value;
    if (!flagger.entry || flagger.metricsServer.value !== 'http://prometheus:9090') return;
    if (world.mayExist('Service', namespace, 'prometheus')) return;
    // Templates have addresses of their own: then nobody asks the default server.
    const canary = world
      .canaries()
      .find(
        ({ metrics, spec, skipAnalysis }) =>
          !skipAnalysis && !spec.metricsServer && metrics.some(({ kind }) => kind === 'builtin' || kind === 'inline'),
      );
    if (!canary) return;
    // Charts may bring the Service, and values may come from elsewhere.
    const isCertain = world
      .helmReleases()
      .every(({ targetNamespace, chart, hasValuesFrom }) =>
        chart === 'flagger' ? !hasValuesFrom : targetNamespace !== namespace,
      );
    const found = world.services().find(({ name }) => /^prometheus(-server|-operated)?$/.test(name));
    const address = found
      ? `http://${found.name}.${found.namespace}:${found.ports[0]?.port ?? 9090}`
      : 'the address of Prometheus, such as http://prometheus.istio-system:9090';
    report(flagger.entry, {
      ...(flagger.valuesPointer === undefined ? {} : { pointer: flagger.valuesPointer }),
      about: canary,
      severity: isCertain ? 'error' : 'warning',
      message: `Flagger asks http://prometheus:9090, so Service "prometheus" in its namespace "${namespace}"${factNote(flagger.namespace)}, which does not exist`,
      fix:
        flagger.valuesPointer === undefined
          ? `start Flagger with -metrics-server=${address}`
          : `write metricsServer: ${address} into the values of HelmRelease "${flagger.entry.name}"`,
    });
  },
  cases: {
    bad: [
      {
        name: 'Prometheus is in another namespace',
        manifests: [
          flaggerRelease({ metricsServer: undefined }),
          service('prometheus', { ports: [{ name: 'http', port: 9090 }] }, { namespace: 'istio-system' }),
          deployment('cart'),
          canary('cart'),
        ],
        expect: [
          {
            object: 'HelmRelease flagger-system/flagger',
            pointer: '/spec/values',
            severity: 'error',
            message:
              'Flagger asks http://prometheus:9090, so Service "prometheus" in its namespace "flagger-system", which does not exist',
          },
        ],
      },
    ],
    good: [
      { name: 'the address is written', manifests: [flaggerRelease(), deployment('cart'), canary('cart')] },
      {
        name: 'the Service is there',
        manifests: [
          flaggerRelease({ metricsServer: undefined }),
          service('prometheus', {}, { namespace: 'flagger-system' }),
          deployment('cart'),
          canary('cart'),
        ],
      },
      { name: 'nobody installs Flagger here', manifests: [deployment('cart'), canary('cart')] },
    ],
  },
});
