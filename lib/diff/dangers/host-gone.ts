import { outsideHosts } from '../ask';
import { object } from '../case-objects';
import { danger } from '../danger';

const route = (...hosts: string[]) =>
  object('networking.istio.io/v1', 'VirtualService', 'web', {
    spec: { hosts, gateways: ['istio-ingress/public'], http: [{ route: [{ destination: { host: 'web' } }] }] },
  });

export default danger({
  id: 'host-gone',
  severity: 'error',
  since: '0.2.0',
  why: 'A host that no route names any more answers with 404, or with what a wildcard serves, from the moment at which Flux applies the change. Links, callbacks and other companies’ programs go on asking for it.',
  cause: 'whoever asks for the host gets 404 from then on',
  source: ['istio.io/latest/docs/reference/config/networking/virtual-service'],
  check(diff, report) {
    const hosts = outsideHosts(diff.after);
    const wildcards = [...hosts.keys()].filter((host) => host.startsWith('*.')).map((host) => host.slice(1));
    for (const [host, entry] of outsideHosts(diff.before)) {
      if (hosts.has(host) || wildcards.some((suffix) => host.endsWith(suffix))) continue;
      const subject = diff.after.given(entry.kind, entry.namespace, entry.name, entry.group) ?? entry;
      report(subject, {
        message: `nothing answers for "${host}" any more: ${entry.kind} "${entry.name}" was its route`,
        fix: `keep the host beside the new one and redirect it, until nobody asks for "${host}"`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'a new name in place of the old one',
        before: [route('shop.example.com')],
        after: [route('store.example.com')],
        expect: [
          {
            object: 'VirtualService shop/web',
            message: 'nothing answers for "shop.example.com" any more: VirtualService "web" was its route',
          },
        ],
      },
    ],
    good: [
      {
        name: 'beside it',
        before: [route('shop.example.com')],
        after: [route('store.example.com', 'shop.example.com')],
      },
    ],
  },
});
