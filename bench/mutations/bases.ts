import type { Planted } from './planted';

/**
 * The sound tree, changed into another sound one, into which failure modes of other providers can be planted. The script
 * refuses one that brings an error or a warning of its own.
 */
export type Base = (tree: Planted) => void;

export const metric = (name: string, more: object): object => ({ name, interval: '1m', ...more });

/** What the application counts itself, with the labels that Prometheus adds. */
export const ownErrors = metric('errors', {
  query: 'sum(rate(shop_errors_total{job="frontend"}[1m]))',
  thresholdRange: { max: 1 },
});

/** Checks first and a switch after them: users stay at the primary. */
export function blueGreen(tree: Planted): void {
  tree.set('Canary', 'spec.analysis.stepWeight', undefined);
  tree.set('Canary', 'spec.analysis.maxWeight', undefined);
  tree.set('Canary', 'spec.analysis.iterations', 5);
}

/** Requests with the header go to the canary; the load test sends it. */
export function abTest(tree: Planted): void {
  blueGreen(tree);
  tree.set('Canary', 'spec.analysis.match', [{ headers: { 'x-canary': { exact: 'yes' } } }]);
}

function withoutIstio(tree: Planted, provider: string): void {
  tree.set('Canary', 'spec.provider', provider);
  tree.set('Canary', 'spec.service.gateways', undefined);
  tree.set('Canary', 'spec.service.hosts', undefined);
}

/** The Gateway API: a Gateway of Istio's controller for the host, and a metric of the application. */
export function gatewayApi(tree: Planted): void {
  withoutIstio(tree, 'gatewayapi:v1');
  tree.set('Canary', 'spec.service.hosts', ['shop.example.com']);
  tree.set('Canary', 'spec.service.gatewayRefs', [{ name: 'shop', namespace: 'istio-ingress' }]);
  tree.set('Canary', 'spec.analysis.metrics', [ownErrors]);
  tree.add({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'shop', namespace: 'istio-ingress' },
    spec: {
      gatewayClassName: 'istio',
      listeners: [{ name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } }],
    },
  });
  // Its proxies are others than those of the gateway that the tree's policies let in.
  for (const name of ['frontend', 'frontend-primary']) {
    tree.add({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `${name}-from-shop`, namespace: 'microservices-demo' },
      spec: {
        podSelector: { matchLabels: { app: name } },
        policyTypes: ['Ingress'],
        ingress: [
          { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'istio-ingress' } } }] },
        ],
      },
    });
    tree.add({
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: `${name}-from-shop`, namespace: 'microservices-demo' },
      spec: {
        selector: { matchLabels: { app: name } },
        action: 'ALLOW',
        rules: [{ from: [{ source: { principals: ['cluster.local/ns/istio-ingress/sa/shop-istio'] } }] }],
      },
    });
  }
}

/** No mesh: Flagger switches the Service. */
export function kubernetes(tree: Planted): void {
  withoutIstio(tree, 'kubernetes');
  blueGreen(tree);
  tree.set('Canary', 'spec.analysis.metrics', [ownErrors]);
}

/** Another mesh, for a Canary that asks only what its application counts. */
export function linkerd(tree: Planted): void {
  withoutIstio(tree, 'linkerd');
  tree.add({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'trafficsplits.split.smi-spec.io' },
    spec: {
      group: 'split.smi-spec.io',
      names: { kind: 'TrafficSplit', plural: 'trafficsplits' },
      scope: 'Namespaced',
      versions: [{ name: 'v1alpha2', served: true, storage: true }],
    },
  });
  tree.set('Canary', 'spec.analysis.metrics', [ownErrors]);
}

/** Weights of ingress-nginx; the load test comes in by the controller. */
export function nginx(tree: Planted): void {
  withoutIstio(tree, 'nginx');
  tree.set('Canary', 'spec.ingressRef', { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'frontend' });
  tree.add({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'frontend', namespace: 'microservices-demo' },
    spec: {
      ingressClassName: 'nginx',
      rules: [
        {
          host: 'shop.example.com',
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name: 'frontend', port: { number: 80 } } } },
            ],
          },
        },
      ],
    },
  });
  for (const index of [0, 1])
    tree.set(
      'Canary',
      `spec.analysis.webhooks.${index}.metadata.cmd`,
      'hey -z 1m55s -q 5 -c 2 -host shop.example.com http://ingress-nginx-controller.ingress-nginx/',
    );
}

/** A port of TCP: checks of the application's own metric, and a switch. */
export function tcp(tree: Planted): void {
  blueGreen(tree);
  tree.set('Canary', 'spec.service.appProtocol', 'tcp');
  tree.set('Canary', 'spec.analysis.metrics', [ownErrors]);
}

/** Weights on such a port, by somebody who gave the reason why they do no harm. */
export function tcpWeights(tree: Planted): void {
  tree.set('Canary', 'spec.service.appProtocol', 'tcp');
  tree.set('Canary', 'spec.analysis.metrics', [ownErrors]);
  tree.set(
    'Canary',
    'metadata.annotations.aviary\\.dev/ignore',
    'long-lived-connections=a connection for each request',
  );
}

/** KEDA instead of a HorizontalPodAutoscaler, with a query for the primary. */
export function keda(tree: Planted): void {
  tree.remove('HorizontalPodAutoscaler');
  tree.set('Canary', 'spec.autoscalerRef', {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    name: 'frontend',
    primaryScalerQueries: { requests: query('frontend-primary') },
  });
  tree.add({
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: 'frontend', namespace: 'microservices-demo' },
    spec: {
      scaleTargetRef: { name: 'frontend' },
      minReplicaCount: 2,
      maxReplicaCount: 6,
      triggers: [
        {
          type: 'prometheus',
          name: 'requests',
          metadata: {
            serverAddress: 'http://prometheus-prometheus.monitoring:9090',
            query: query('frontend'),
            threshold: '100',
          },
        },
      ],
    },
  });
}

const query = (workload: string): string =>
  `sum(rate(istio_requests_total{reporter="destination",destination_workload="${workload}"}[1m]))`;

/** A metric by a MetricTemplate of the application's namespace. */
export function template(tree: Planted): void {
  tree.add({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'MetricTemplate',
    metadata: { name: 'errors', namespace: 'microservices-demo' },
    spec: {
      provider: { type: 'prometheus', address: 'http://prometheus-prometheus.monitoring:9090' },
      query: 'sum(rate(shop_errors_total{namespace="{{ namespace }}",job="frontend"}[{{ interval }}]))',
    },
  });
  tree.append(
    'Canary',
    'spec.analysis.metrics',
    metric('errors', { templateRef: { name: 'errors' }, thresholdRange: { max: 1 } }),
  );
}

/** Half the requests are copied to the canary before it gets some itself. */
export function mirror(tree: Planted): void {
  tree.set('Canary', 'spec.analysis.mirror', true);
}
