import type { KubeObject } from '../../lib/kube';

type Labels = Readonly<Record<string, string>>;

/** A Deployment whose pods stand for a part of the platform that runs elsewhere here, with the labels and the account of its chart. */
function standIn(namespace: string, name: string, labels: Labels, account = 'default'): KubeObject[] {
  const of = { namespace, name };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    ...(account === 'default'
      ? []
      : [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: account } }]),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: of,
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: account,
            securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [
              {
                name: 'main',
                image: 'registry.example.com/stand-in:1',
                securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
              },
            ],
          },
        },
      },
    },
  ];
}

/**
 * What policies name of a platform.
 * @see istio/istio 1.31 manifests/charts (istiod, gateway); kubernetes/kubernetes v1.36 cluster/addons/dns; the chart prometheus
 */
export const platformStandIns = (): KubeObject[] => [
  ...standIn('istio-system', 'istiod', { app: 'istiod' }),
  ...standIn(
    'istio-ingress',
    'istio-gateway',
    { istio: 'gateway', 'sidecar.istio.io/inject': 'true' },
    'istio-gateway',
  ),
  // That of a Gateway of the Gateway API, which istiod makes.
  ...standIn('istio-ingress', 'public-istio', { 'gateway.networking.k8s.io/gateway-name': 'public' }, 'public-istio'),
  ...standIn('kube-system', 'coredns', { 'k8s-app': 'kube-dns' }),
  ...standIn('monitoring', 'prometheus', { 'app.kubernetes.io/name': 'prometheus' }),
];

/** The waypoint of a namespace, as istiod makes it from its Gateway. @see istio/istio 1.31 manifests/charts/istio-control (waypoint template) */
export const waypointStandIn = (namespace: string): KubeObject[] =>
  standIn(namespace, 'waypoint', { 'gateway.networking.k8s.io/gateway-name': 'waypoint' }, 'waypoint');
