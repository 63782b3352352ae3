import type { KubeObject } from '../../kube';
import { listed } from '../ask';
import { deployment, deploymentOf, service } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'callee-gone',
  severity: 'error',
  since: '0.2.0',
  why: 'A Service that goes while others still name it takes their calls along: the name no longer resolves.',
  cause: 'its callers get errors from the moment at which Flux prunes it',
  source: ['kubernetes.io/docs/concepts/services-networking/dns-pod-service'],
  check(diff, report) {
    for (const change of diff.of('Service', 'Canary')) {
      if (!change.isDeleted || !change.before) continue;
      const view = change.kind === 'Canary' ? diff.before.canary(change.namespace, change.name) : undefined;
      const name = view?.apexName ?? change.name;
      if (change.kind === 'Canary' && !view) continue;
      // The Service of a Canary that goes too is told of once, at the Canary.
      const byCanary = change.kind === 'Service' && diff.before.canaryOfService(change.namespace, name) !== undefined;
      if (byCanary || diff.after.has('Service', change.namespace, name)) continue;
      const callers = diff.after
        .edgesTo(change.namespace, name)
        .filter(({ via }) => via !== 'load-test')
        .map(({ entry }) => `${entry.kind} "${entry.name}"`);
      // The graph leaves out what no Service answers: those who called it before and say the same now call it still.
      const still = diff.before
        .edgesTo(change.namespace, name)
        .filter(({ via }) => via !== 'load-test')
        .flatMap(({ entry }) => {
          const now = diff.after.given(entry.kind, entry.namespace, entry.name, entry.group);
          return now && mentions(now.object, name) ? [`${entry.kind} "${entry.name}"`] : [];
        });
      const all = [...new Set([...callers, ...still])].sort();
      if (all.length === 0) continue;
      report(change, {
        message: `Service "${name}" goes, and ${listed(all)} still ${all.length === 1 ? 'calls' : 'call'} it`,
        fix: `let ${listed(all)} do without it first, wait until that is rolled out, then remove it`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'a caller still names it',
        before: [
          service('cart'),
          deployment('cart'),
          deploymentOf('web', { env: [{ name: 'CART', value: 'cart:80' }] }),
        ],
        after: [deploymentOf('web', { env: [{ name: 'CART', value: 'cart:80' }] })],
        expect: [
          {
            object: 'Service shop/cart',
            message: 'Service "cart" goes, and Deployment "web" still calls it',
          },
        ],
      },
    ],
    good: [
      {
        name: 'nobody calls it any more',
        before: [
          service('cart'),
          deployment('cart'),
          deploymentOf('web', { env: [{ name: 'CART', value: 'cart:80' }] }),
        ],
        after: [deploymentOf('web', {})],
      },
    ],
  },
});

/** Whether a variable, an argument, a value or a route of the object names the host, alone or with a port, a path or a domain. */
function mentions(object: KubeObject, name: string): boolean {
  const host = new RegExp(`(^|[/@,=\\s])${name.replace(/[.]/g, '\\.')}([:./,\\s]|$)`);
  return textsIn(object, ROUTES.has(object.kind)).some((text) => host.test(text));
}

const ROUTES: ReadonlySet<string> = new Set([
  'VirtualService',
  'HTTPRoute',
  'GRPCRoute',
  'TCPRoute',
  'TLSRoute',
  'Ingress',
]);
const SPOKEN = new Set(['value', 'args', 'command', 'data']);

function textsIn(value: unknown, isSpoken: boolean): string[] {
  if (typeof value === 'string') return isSpoken ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    key === 'metadata' ? [] : textsIn(one, isSpoken || SPOKEN.has(key)),
  );
}
