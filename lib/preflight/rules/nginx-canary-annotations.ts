import { textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const reference = { ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'web' } };
const ingress = (annotations: Readonly<Record<string, string>>) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'web', namespace: 'shop', annotations },
  spec: { ingressClassName: 'nginx', defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
});
const judged = (annotations: Readonly<Record<string, string>>) => [
  deployment('web'),
  ingress(annotations),
  canary('web', { spec: { provider: 'nginx', ...reference } }),
];

export default rule({
  id: 'nginx-canary-annotations',
  severity: 'warning',
  effect: 'wrong',
  since: '0.3.0',
  why: 'Flagger copies the Ingress of the Canary and puts annotations of its own on the copy: canary, canary-weight, and of an A/B test those of the header. All that begins with canary is left out of the copy, so a header or a cookie that shall always reach the canary does not. On the Ingress of the users itself "canary: true" takes it out of service: ingress-nginx ignores a canary for which there is no other Ingress.',
  cause: 'Flagger alone writes these annotations, on the copy that it makes',
  source: [
    'fluxcd/flagger v1.44 pkg/router/ingress.go (makeAnnotations)',
    'kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations (canary)',
    'fluxcd/flagger issue 1838',
  ],
  codes: [],
  restsOn: ['provider'],
  each: 'canary',
  check(canary, report, world) {
    if (canary.provider.value !== 'nginx') return;
    const ingress = world.given('Ingress', canary.namespace, textAt(canary.spec, 'ingressRef', 'name') ?? '');
    if (!ingress) return;
    const found = Object.keys(ingress.annotations).find((name) => /^nginx\.ingress\.kubernetes\.io\/canary/.test(name));
    if (found === undefined) return;
    const isCanary = ingress.annotations['nginx.ingress.kubernetes.io/canary'] === 'true';
    report(ingress, {
      about: canary,
      pointer: `/metadata/annotations/${found.replaceAll('/', '~1')}`,
      ...(isCanary && { severity: 'error' as const }),
      message: isCanary
        ? `Ingress "${ingress.name}" of Canary "${canary.name}" is itself a canary: ingress-nginx serves nobody by it`
        : `Ingress "${ingress.name}" has ${found}, which Flagger leaves out of the copy that it makes for Canary "${canary.name}": nothing reaches the canary by it`,
      fix: isCanary
        ? `remove the annotations nginx.ingress.kubernetes.io/canary* from Ingress "${ingress.name}": Flagger puts its own on the copy`
        : 'remove it; to send requests with a header to the canary write analysis.match with iterations in place of the weights',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a header for the canary',
        manifests: judged({ 'nginx.ingress.kubernetes.io/canary-by-header': 'x-canary' }),
        expect: [
          {
            object: 'Ingress shop/web',
            pointer: '/metadata/annotations/nginx.ingress.kubernetes.io~1canary-by-header',
            message:
              'Ingress "web" has nginx.ingress.kubernetes.io/canary-by-header, which Flagger leaves out of the copy that it makes for Canary "web": nothing reaches the canary by it',
          },
        ],
      },
      {
        name: 'the Ingress of the users is a canary',
        manifests: judged({
          'nginx.ingress.kubernetes.io/canary': 'true',
          'nginx.ingress.kubernetes.io/canary-weight': '10',
        }),
        expect: [
          {
            object: 'Ingress shop/web',
            severity: 'error',
            message: 'Ingress "web" of Canary "web" is itself a canary: ingress-nginx serves nobody by it',
          },
        ],
      },
    ],
    good: [
      { name: 'annotations of its own', manifests: judged({ 'nginx.ingress.kubernetes.io/proxy-body-size': '15m' }) },
    ],
  }),
});
