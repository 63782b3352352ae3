import type { CanaryView, RouteView } from '../../world';
import { canary, deployment, virtualService } from '../case-manifests';
import { rule } from '../rule';

const route = (service: string, more: object = {}) => ({
  apiVersion: 'traefik.io/v1alpha1',
  kind: 'IngressRoute',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { routes: [{ match: 'Host(`shop.example`)', kind: 'Rule', services: [{ name: service, port: 80, ...more }] }] },
});
const byTraefik = canary('web', { spec: { provider: 'traefik' } });

export default rule({
  id: 'route-names-generated',
  severity: 'warning',
  effect: 'fails',
  since: '0.3.0',
  why: "The Services -primary and -canary are made by Flagger, and what Flagger weighs is a route to both. A route of one's own that names one of them passes by the weights: what comes in by it stays at the primary in every rollout, or goes to a canary that has no pods between two rollouts.",
  cause: 'the route names a Service that Flagger makes, past the route that Flagger weighs',
  source: [
    'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go (Initialize)',
    'fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (ScaleToZero)',
  ],
  codes: [],
  restsOn: ['provider'],
  each: 'canary',
  check(canary, report, world) {
    if (canary.targetRef.kind === 'Service') return;
    const primary = world.writtenRoutesTo(canary.namespace, canary.primaryName).filter((one) => isOthers(one, canary));
    const own = world.writtenRoutesTo(canary.namespace, canary.canaryName);
    for (const one of primary) {
      // With both it shares the traffic itself.
      const pointer = backendOf(one, canary.primaryName);
      if (pointer === undefined || own.includes(one)) continue;
      report(one, {
        about: canary,
        pointer,
        message: `${one.kind} "${one.name}" sends ${one.hosts.length > 0 ? `what comes in for ${one.hosts.join(', ')}` : 'its requests'} to Service "${canary.primaryName}", which Flagger makes: the canary gets none of it, whatever the weights of Canary "${canary.name}"`,
        fix: `let ${one.kind} "${one.name}" lead to what Flagger weighs for Canary "${canary.name}" (see how provider ${canary.provider.value} enters), or leave it if the canary need not get these requests`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a route of Traefik to the primary',
        manifests: [deployment('web'), byTraefik, route('web-primary')],
        expect: [
          {
            object: 'IngressRoute shop/web',
            pointer: '/spec/routes/0/services/0',
            message:
              'IngressRoute "web" sends what comes in for shop.example to Service "web-primary", which Flagger makes: the canary gets none of it, whatever the weights of Canary "web"',
          },
        ],
        mended: [deployment('web'), byTraefik, route('web', { kind: 'TraefikService', port: undefined })],
      },
      {
        name: 'a VirtualService of a gateway to the primary',
        manifests: [
          deployment('web'),
          canary('web'),
          virtualService('web-public', {
            hosts: ['shop.example'],
            gateways: ['public'],
            http: [{ route: [{ destination: { host: 'web-primary' } }] }],
          }),
        ],
        expect: [{ object: 'VirtualService shop/web-public' }],
      },
    ],
    good: [
      {
        name: 'a route that shares the traffic itself',
        manifests: [
          deployment('web'),
          canary('web'),
          virtualService('web-public', {
            hosts: ['shop.example'],
            gateways: ['public'],
            http: [{ route: [{ destination: { host: 'web-primary' } }, { destination: { host: 'web-canary' } }] }],
          }),
        ],
      },
      {
        name: 'testers reach the canary by a host of their own',
        manifests: [deployment('web'), byTraefik, route('web-canary')],
      },
      {
        name: 'Flagger copies the Ingress that the Canary names: another rule speaks',
        manifests: [
          deployment('web'),
          canary('web', {
            spec: {
              provider: 'nginx',
              ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'web' },
            },
          }),
          {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'Ingress',
            metadata: { name: 'web', namespace: 'shop' },
            spec: { defaultBackend: { service: { name: 'web-primary', port: { number: 80 } } } },
          },
        ],
      },
    ],
  }),
});

/** What enters by a gateway, and is neither made by Flagger nor copied by it. */
function isOthers(route: RouteView, { spec, isKubernetes }: CanaryView): boolean {
  const named = [spec.ingressRef, spec.routeRef].some(
    (ref) => (ref as { readonly name?: unknown } | undefined)?.name === route.name,
  );
  return route.isGateway && !route.isMadeByFlagger && !named && !isKubernetes;
}

function backendOf(route: RouteView, name: string): string | undefined {
  return route.backends.find((one) => one.name === name && !one.isMirror)?.pointer;
}
