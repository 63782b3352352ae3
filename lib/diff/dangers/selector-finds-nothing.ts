import { selectedBy } from '../ask';
import { deployment, service } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'selector-finds-nothing',
  severity: 'error',
  since: '0.2.0',
  why: 'A Service leads to the pods that its selector finds. When the selector, or the labels of the pods, change so that they no longer agree, its callers get connection errors from that moment on.',
  cause: 'a Service without endpoints answers nobody',
  source: ['kubernetes.io/docs/concepts/services-networking/service (selectors)'],
  check(diff, report) {
    for (const entry of diff.after.writtenOfKind('Service')) {
      const was = diff.before.given('Service', entry.namespace, entry.name);
      // Flagger rules the Service of a Canary.
      if (!was || diff.after.canaryOfService(entry.namespace, entry.name)) continue;
      const before = selectedBy(diff.before, was);
      if (before.length === 0 || selectedBy(diff.after, entry).length > 0) continue;
      const names = before.map(({ kind, name }) => `${kind} "${name}"`);
      const still = before.some(({ kind, namespace, name }) => diff.after.writtenWorkload(kind, namespace, name));
      if (Object.keys((entry.object.spec as { selector?: object } | undefined)?.selector ?? {}).length === 0) continue;
      report(entry, {
        pointer: '/spec/selector',
        message: `Service "${entry.name}" found the pods of ${names[0]}, and finds none any more${still ? '' : `: ${names[0]} goes`}`,
        fix: still
          ? 'let the selector and the labels of the pod template agree'
          : `remove Service "${entry.name}" too, or point it at what takes over`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'another label',
        before: [deployment('cart'), service('cart')],
        after: [deployment('cart'), service('cart', { selector: { app: 'cart-v2' } })],
        expect: [
          {
            object: 'Service shop/cart',
            message: 'Service "cart" found the pods of Deployment "cart", and finds none any more',
          },
        ],
      },
    ],
    good: [
      {
        name: 'both change together',
        before: [deployment('cart'), service('cart')],
        after: [deployment('cart-v2'), service('cart', { selector: { app: 'cart-v2' } })],
      },
    ],
  },
});
