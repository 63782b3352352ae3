import { isFields, listAt, parseServiceHost, textAt } from '../../kube';
import { canary, deployment, flaggerRelease } from '../case-manifests';
import { rule } from '../rule';

const viz = {
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'linkerd-viz', namespace: 'linkerd-viz' },
  spec: { chart: { spec: { chart: 'linkerd-viz' } } },
};
const policy = (account: string) => ({
  apiVersion: 'policy.linkerd.io/v1alpha1',
  kind: 'AuthorizationPolicy',
  metadata: { name: 'flagger', namespace: 'linkerd-viz' },
  spec: {
    targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: 'prometheus-admin' },
    requiredAuthenticationRefs: [{ kind: 'ServiceAccount', name: account, namespace: 'flagger-system' }],
  },
});
const asked = [
  flaggerRelease({ meshProvider: 'linkerd', metricsServer: 'http://prometheus.linkerd-viz:9090' }),
  deployment('web'),
  canary('web'),
];

export default rule({
  id: 'viz-refuses-flagger',
  severity: 'warning',
  effect: 'fails',
  since: '0.2.0',
  why: 'Since Linkerd 2.12 the Prometheus of linkerd-viz stands behind a Server and an AuthorizationPolicy that let the parts of viz in, and nobody else. Flagger gets 403 for each query, so every check fails, unless an AuthorizationPolicy lets its account in.',
  cause: 'the Prometheus of linkerd-viz answers only whom an AuthorizationPolicy lets in',
  source: [
    'linkerd/linkerd2 stable-2.14 viz/charts/linkerd-viz/templates/prometheus-policy.yaml',
    'fluxcd/flagger v1.44 docs/gitbook/tutorials/linkerd-progressive-delivery.md (AuthorizationPolicy flagger)',
  ],
  codes: [],
  check(world, report) {
    const { flagger } = world;
    const host = /^https?:\/\/([^:/]+)/.exec(flagger.metricsServer.value)?.[1] ?? '';
    const server = parseServiceHost(host, flagger.namespace.value);
    if (!flagger.entry || server?.name !== 'prometheus') return;
    const installed = world
      .helmReleases()
      .find(({ chart, targetNamespace }) => chart === 'linkerd-viz' && targetNamespace === server.namespace);
    const one = world.canaries().find(({ builtinMetrics, skipAnalysis }) => builtinMetrics.length > 0 && !skipAnalysis);
    if (!installed || !one) return;
    const lets = world.ofKind('AuthorizationPolicy', 'policy.linkerd.io').some(({ namespace, object }) => {
      const references = listAt(object, 'spec', 'requiredAuthenticationRefs').filter(isFields);
      return (
        namespace === server.namespace &&
        /^prometheus/.test(textAt(object, 'spec', 'targetRef', 'name') ?? '') &&
        (references.length === 0 ||
          references.some(
            (reference) =>
              textAt(reference, 'kind') !== 'ServiceAccount' ||
              textAt(reference, 'namespace') === flagger.namespace.value,
          ))
      );
    });
    if (lets) return;
    report(flagger.entry, {
      about: one,
      message: `Flagger asks ${flagger.metricsServer.value}, and no AuthorizationPolicy in namespace "${server.namespace}" lets its account in: linkerd-viz refuses each query`,
      fix: `add an AuthorizationPolicy in namespace "${server.namespace}" with targetRef {group: policy.linkerd.io, kind: Server, name: prometheus-admin} and requiredAuthenticationRefs [{kind: ServiceAccount, name: flagger, namespace: ${flagger.namespace.value}}]; Flagger's own pods need the proxy of Linkerd`,
    });
  },
  cases: {
    bad: [
      {
        name: 'nobody lets it in',
        manifests: [...asked, viz],
        expect: [
          {
            object: 'HelmRelease flagger-system/flagger',
            message:
              'Flagger asks http://prometheus.linkerd-viz:9090, and no AuthorizationPolicy in namespace "linkerd-viz" lets its account in: linkerd-viz refuses each query',
          },
        ],
      },
    ],
    good: [
      { name: 'a policy for its account', manifests: [...asked, viz, policy('flagger')] },
      { name: 'linkerd-viz is not among the manifests', manifests: asked },
    ],
  },
});
