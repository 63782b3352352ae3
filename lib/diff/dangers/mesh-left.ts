import type { Entry } from '../../world';
import { listed } from '../ask';
import { deployment, object } from '../case-objects';
import { danger } from '../danger';

const namespace = (labels: Readonly<Record<string, string>>) =>
  object('v1', 'Namespace', 'shop', { metadata: { labels } }, '');
const pods = (inject: string) =>
  deployment('cart', {}, { template: { metadata: { labels: { 'sidecar.istio.io/inject': inject } } } });

export default danger({
  id: 'mesh-left',
  severity: 'error',
  since: '0.2.0',
  why: 'A label decides whether pods are in the mesh. When it goes, pods that run keep their proxy, and each that starts from then on has none: callers that ask for mutual TLS get no answer, policies of the mesh no longer hold, and a Canary finds no requests to count.',
  cause:
    'pods that start from now on have no proxy: no mutual TLS, no policies of the mesh, no requests that are counted',
  source: [
    'istio.io/latest/docs/setup/additional-setup/sidecar-injection (Controlling the injection policy)',
    'istio.io/latest/docs/ambient/usage/add-workloads',
  ],
  check(diff, report) {
    const left = new Map<Entry, { readonly names: string[]; readonly was: string }>();
    for (const after of diff.after.writtenWorkloads()) {
      if (after.entry.madeBy) continue;
      const before = diff.before.writtenWorkload(after.kind, after.namespace, after.name);
      if (!before) continue;
      const was = before.injection;
      const is = after.injection;
      const [wasIn, isIn] = [was, is].map(({ sidecar, ambient }) => sidecar === 'yes' || ambient);
      if (!wasIn || isIn || is.sidecar !== 'no') continue;
      const place = is.entry ?? after.entry;
      const known = left.get(place);
      if (known) known.names.push(`${after.kind} "${after.name}"`);
      else left.set(place, { names: [`${after.kind} "${after.name}"`], was: was.reason });
    }
    for (const [place, { names, was }] of left)
      report(place, {
        message: `${listed(names)} ${names.length === 1 ? 'leaves the mesh, in which it was' : 'leave the mesh, in which they were'} as ${was.replace(/ has /, ' had ')}`,
        fix: 'keep the label; where the service shall leave, first make its callers and its policies need no mesh, and its Canary another provider',
      });
  },
  cases: {
    bad: [
      {
        name: 'the label of a namespace goes',
        before: [namespace({ 'istio-injection': 'enabled' }), deployment('cart'), deployment('web')],
        after: [namespace({}), deployment('cart'), deployment('web')],
        expect: [
          {
            object: 'Namespace shop',
            message:
              'Deployment "cart", Deployment "web" leave the mesh, in which they were as Namespace "shop" had the label istio-injection=enabled',
          },
        ],
      },
      {
        name: 'one service is taken out',
        before: [namespace({ 'istio-injection': 'enabled' }), deployment('cart')],
        after: [namespace({ 'istio-injection': 'enabled' }), pods('false')],
        expect: [
          {
            object: 'Deployment shop/cart',
            message:
              'Deployment "cart" leaves the mesh, in which it was as Namespace "shop" had the label istio-injection=enabled',
          },
        ],
      },
    ],
    good: [
      {
        name: 'from sidecars to ambient, and to a revision',
        before: [namespace({ 'istio-injection': 'enabled' }), deployment('cart')],
        after: [namespace({ 'istio.io/dataplane-mode': 'ambient' }), deployment('cart')],
      },
      {
        name: 'the proxy is written into the pods',
        before: [namespace({ 'istio-injection': 'enabled' }), deployment('cart')],
        after: [
          namespace({ 'istio-injection': 'disabled' }),
          deployment('cart', {
            containers: [
              { name: 'server', image: 'cart:v1' },
              { name: 'istio-proxy', image: 'istio/proxyv2:1.31.0' },
            ],
          }),
        ],
      },
    ],
  },
});
