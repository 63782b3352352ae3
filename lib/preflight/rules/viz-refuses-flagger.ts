import { isFields, listAt, parseServiceHost, textAt } from '../../kube';
import type { CanaryView, Entry, World } from '../../world';
import { canary, deployment, flaggerRelease, metricTemplate } from '../case-manifests';
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
  each: 'world',
  check(world, report) {
    const installed = world.helmReleases().filter(({ chart }) => chart === 'linkerd-viz');
    if (installed.length === 0) return;
    const { flagger } = world;
    const asked = askedPrometheus(world).find(({ namespace }) =>
      installed.some(({ targetNamespace }) => targetNamespace === namespace),
    );
    if (!asked) return;
    const { address, at, about, ...server } = asked;
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
    report(at, {
      about,
      message: `Flagger asks ${address}, and no AuthorizationPolicy in namespace "${server.namespace}" lets its account in: linkerd-viz refuses each query`,
      fix: `add an AuthorizationPolicy in namespace "${server.namespace}" with targetRef {group: policy.linkerd.io, kind: Server, name: prometheus-admin} and requiredAuthenticationRefs [{kind: ServiceAccount, name: flagger, namespace: ${flagger.namespace.value}}]; Flagger's own pods need the proxy of Linkerd`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a MetricTemplate asks it',
        manifests: [
          viz,
          deployment('web'),
          {
            ...metricTemplate('errors', 'sum(rate(response_total{deployment="{{ target }}"}[{{ interval }}]))'),
            spec: {
              provider: { type: 'prometheus', address: 'http://prometheus.linkerd-viz:9090' },
              query: 'sum(rate(response_total{deployment="{{ target }}"}[{{ interval }}]))',
            },
          },
          canary('web', {
            analysis: {
              metrics: [
                { name: 'errors', interval: '1m', templateRef: { name: 'errors' }, thresholdRange: { max: 1 } },
              ],
            },
          }),
        ],
        expect: [
          {
            object: 'MetricTemplate shop/errors',
            message:
              'Flagger asks http://prometheus.linkerd-viz:9090, and no AuthorizationPolicy in namespace "linkerd-viz" lets its account in: linkerd-viz refuses each query',
          },
        ],
      },
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
  }),
});

interface AskedServer {
  readonly address: string;
  readonly namespace: string;
  /** Where the address is written. */
  readonly at: Entry;
  readonly about: CanaryView;
}

/** Servers named "prometheus" that Flagger asks for some Canary: that of its flag, and those of MetricTemplates. */
function askedPrometheus(world: World): AskedServer[] {
  const { flagger } = world;
  const found: AskedServer[] = [];
  const add = (address: string, at: Entry | undefined, about: CanaryView) => {
    const host = /^https?:\/\/([^:/]+)/.exec(address)?.[1] ?? '';
    const server = parseServiceHost(host, flagger.namespace.value);
    if (at && server?.name === 'prometheus') found.push({ address, namespace: server.namespace, at, about });
  };
  for (const one of world.canaries()) {
    if (one.skipAnalysis) continue;
    if (one.builtinMetrics.length > 0) add(flagger.metricsServer.value, flagger.entry, one);
    for (const { template } of one.metrics)
      add(textAt(template?.object, 'spec', 'provider', 'address') ?? '', template, one);
  }
  return found;
}
