import { textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { behindNginx, nginxIngress } from '../nginx-cases';
import { rule } from '../rule';

const sticky = { 'nginx.ingress.kubernetes.io/affinity': 'cookie' };

export default rule({
  id: 'nginx-affinity-holds-users',
  severity: 'info',
  effect: 'wrong',
  since: '0.3.0',
  why: 'With affinity: cookie ingress-nginx keeps a user who has the cookie at the side that gave it, before it looks at the weight, the header or the cookie of the canary. During a rollout only new users are shared by weight: the canary gets less than its weights say, and with few new users the metrics have no values. An A/B test reaches no user who came before.',
  cause: 'ingress-nginx looks at its own cookie before it looks at the weight of the canary',
  source: [
    'kubernetes/ingress-nginx rootfs/etc/nginx/lua/balancer.lua (route_to_alternative_balancer)',
    'kubernetes/ingress-nginx docs/user-guide/nginx-configuration/annotations.md (affinity-canary-behavior)',
    'kubernetes/ingress-nginx issue 3717',
  ],
  codes: [],
  each: 'canary',
  check(canary, report, world) {
    if (canary.provider.value !== 'nginx' || canary.skipAnalysis) return;
    const name = textAt(canary.spec, 'ingressRef', 'name');
    const entry = name === undefined ? undefined : world.find('Ingress', canary.namespace, name);
    if (entry?.annotations['nginx.ingress.kubernetes.io/affinity'] !== 'cookie') return;
    // Then the canary has no affinity of its own; users of the primary stay there all the same.
    report(entry, {
      about: canary,
      pointer: '/metadata/annotations/nginx.ingress.kubernetes.io~1affinity',
      message: `Ingress "${entry.name}" keeps users by a cookie: those who have it stay at the primary of Canary "${canary.name}", and its ${canary.analysis.match.length > 0 ? 'match counts' : 'weights count'} for new users only`,
      fix: `send load to the canary that carries no cookie (a webhook of type rollout), give the cookie a short life (nginx.ingress.kubernetes.io/session-cookie-max-age), or remove the annotation affinity from Ingress "${entry.name}"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a cookie',
        manifests: [deployment('web'), nginxIngress(sticky), behindNginx()],
        expect: [
          {
            object: 'Ingress shop/web',
            pointer: '/metadata/annotations/nginx.ingress.kubernetes.io~1affinity',
            message:
              'Ingress "web" keeps users by a cookie: those who have it stay at the primary of Canary "web", and its weights count for new users only',
          },
        ],
      },
    ],
    good: [
      { name: 'no cookie', manifests: [deployment('web'), nginxIngress({}), behindNginx()] },
      { name: 'another provider', manifests: [deployment('web'), nginxIngress(sticky), canary('web')] },
    ],
  }),
});
