import { parseServiceHost, textAt } from '../../kube';
import type { CanaryView, Entry } from '../../world';
import { canary, deployment } from '../case-manifests';
import { behindNginx, nginxIngress } from '../nginx-cases';
import { rule } from '../rule';

const pinned = {
  'nginx.ingress.kubernetes.io/configuration-snippet':
    'proxy_set_header l5d-dst-override $service_name.$namespace.svc.cluster.local:80;',
};

export default rule({
  id: 'nginx-header-pins-service',
  severity: 'warning',
  effect: 'fails',
  since: '0.3.0',
  why: 'ingress-nginx writes one location for a path, with the Service of the first Ingress in $service_name; the canary is chosen later, by its address. A proxy of a mesh beside the controller that goes by a header (l5d-dst-override of Linkerd, the host of upstream-vhost in Istio) sends every request to the Service that the header names, so to the primary: the canary gets none. Where the controller has no such proxy the header does nothing, and can go.',
  cause: 'the header names the Service of the primary, and the proxy beside ingress-nginx goes by it',
  source: [
    'linkerd/linkerd2 issue 3776',
    'kubernetes/ingress-nginx rootfs/etc/nginx/template/nginx.tmpl ($service_name)',
    'fluxcd/flagger v1.44 pkg/router/ingress.go (Reconcile)',
  ],
  codes: [],
  each: 'canary',
  check(canary, report, world) {
    if (canary.provider.value !== 'nginx' || canary.skipAnalysis) return;
    const name = textAt(canary.spec, 'ingressRef', 'name');
    const entry = name === undefined ? undefined : world.find('Ingress', canary.namespace, name);
    const header = entry && headerOf(canary, entry);
    if (!entry || !header) return;
    report(entry, {
      about: canary,
      pointer: `/metadata/annotations/${header.annotation.replaceAll('/', '~1')}`,
      message: `Ingress "${entry.name}" sets ${header.what} to Service "${canary.apexName}": where the controller has a proxy of the mesh, all requests go to the primary of Canary "${canary.name}", whatever its weights`,
      fix: `remove it from Ingress "${entry.name}" and take the controller out of the mesh, or let the mesh share the traffic: provider ${header.mesh}, no ingressRef, and the annotation nginx.ingress.kubernetes.io/service-upstream: "true"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'the header of Linkerd',
        manifests: [deployment('web'), nginxIngress(pinned), behindNginx()],
        expect: [
          {
            object: 'Ingress shop/web',
            pointer: '/metadata/annotations/nginx.ingress.kubernetes.io~1configuration-snippet',
            severity: 'warning',
            message:
              'Ingress "web" sets l5d-dst-override to Service "web": where the controller has a proxy of the mesh, all requests go to the primary of Canary "web", whatever its weights',
          },
        ],
        mended: [
          deployment('web'),
          nginxIngress({ 'nginx.ingress.kubernetes.io/service-upstream': 'true' }),
          canary('web', { spec: { provider: 'linkerd' } }),
        ],
      },
      {
        name: 'the host of the Service, for Istio',
        manifests: [
          deployment('web'),
          nginxIngress({
            'nginx.ingress.kubernetes.io/service-upstream': 'true',
            'nginx.ingress.kubernetes.io/upstream-vhost': 'web.shop.svc.cluster.local',
          }),
          behindNginx(),
        ],
        expect: [{ object: 'Ingress shop/web', severity: 'warning' }],
      },
    ],
    good: [
      { name: 'no header', manifests: [deployment('web'), nginxIngress({}), behindNginx()] },
      {
        name: 'Linkerd shares the traffic',
        manifests: [deployment('web'), nginxIngress(pinned), canary('web', { spec: { provider: 'linkerd' } })],
      },
      {
        name: 'a host of the application',
        manifests: [
          deployment('web'),
          nginxIngress({ 'nginx.ingress.kubernetes.io/upstream-vhost': 'www.shop.example' }),
          behindNginx(),
        ],
      },
    ],
  }),
});

interface PinningHeader {
  readonly annotation: string;
  readonly what: string;
  readonly mesh: 'linkerd' | 'istio';
}

function headerOf(canary: CanaryView, { annotations }: Entry): PinningHeader | undefined {
  for (const [annotation, text] of Object.entries(annotations)) {
    if (annotation.endsWith('-snippet') && text.includes('l5d-dst-override'))
      return { annotation, what: 'l5d-dst-override', mesh: 'linkerd' };
    if (annotation !== 'nginx.ingress.kubernetes.io/upstream-vhost') continue;
    const host = parseServiceHost(text.split(':')[0] ?? '', canary.namespace);
    // Without a sidecar the host is the application's business.
    if (host?.name === canary.apexName && host.namespace === canary.namespace)
      return { annotation, what: 'the host', mesh: 'istio' };
  }
  return undefined;
}
