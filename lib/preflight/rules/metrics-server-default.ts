import { factNote } from '../../world';
import { canary, deployment, flaggerRelease, service } from '../case-manifests';
import { rule } from '../rule';
import { stateThatItExists } from '../statement';

export default rule({
  id: 'metrics-server-default',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'When nobody sets metricsServer, Flagger asks http://prometheus:9090. A name without a namespace means a Service in Flagger\'s own namespace. If Prometheus is elsewhere, the name does not resolve: each check ends with "Prometheus query failed: … no such host", and the rollout is rolled back.',
  cause: 'the default of metricsServer is a Service "prometheus" in the namespace of Flagger',
  source: ['fluxcd/flagger v1.44 cmd/flagger/main.go', 'fluxcd/flagger v1.44 charts/flagger/values.yaml'],
  codes: ['METRICS_SERVER_DEFAULT'],
  comesLast: true,
  each: 'world',
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
    if (flagger.hasUnknownValues) return;
    // Charts may bring the Service, and values may come from elsewhere.
    const isCertain = world
      .helmReleases()
      .every(({ targetNamespace, chart, hasUnknownValues }) =>
        chart === 'flagger' ? !hasUnknownValues : targetNamespace !== namespace,
      );
    const found = world.services().find(({ name }) => /^prometheus(-server|-operated)?$/.test(name));
    const address = found
      ? `http://${found.name}.${found.namespace}:${found.ports[0]?.port ?? 9090}`
      : 'the address of Prometheus (http://<service>.<namespace>:<port>)';
    const orState = found ? '' : `, or ${stateThatItExists('Service', namespace, 'prometheus')}`;
    report(flagger.entry, {
      ...(flagger.valuesPointer === undefined ? {} : { pointer: flagger.valuesPointer }),
      about: canary,
      // Without any Prometheus the manifests are a part of what the cluster holds.
      severity: isCertain && found ? 'error' : 'warning',
      message: `Flagger asks http://prometheus:9090, so Service "prometheus" in its namespace "${namespace}"${factNote(flagger.namespace)}, which ${found ? 'does not exist' : 'is not among the manifests'}`,
      fix:
        flagger.valuesPointer === undefined
          ? `start Flagger with -metrics-server=${address}${orState}`
          : `write metricsServer: ${address} into the values of HelmRelease "${flagger.entry.name}"${orState}`,
    });
  },
  cases: () => ({
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
      {
        name: 'no Prometheus is among the manifests',
        manifests: [flaggerRelease({ metricsServer: undefined }), deployment('cart'), canary('cart')],
        expect: [
          {
            object: 'HelmRelease flagger-system/flagger',
            pointer: '/spec/values',
            severity: 'warning',
            message:
              'Flagger asks http://prometheus:9090, so Service "prometheus" in its namespace "flagger-system", which is not among the manifests',
          },
        ],
      },
    ],
    good: [
      {
        name: 'it is stated that the Service exists',
        manifests: [flaggerRelease({ metricsServer: undefined }), deployment('cart'), canary('cart')],
        facts: { exists: ['Service flagger-system/prometheus'] },
      },
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
  }),
});
