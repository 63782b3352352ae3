import { listAt, numberAt } from '../../kube';
import type { Entry, World } from '../../world';
import { listed } from '../ask';
import { canary, deploymentOf, service } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'port-gone',
  severity: 'error',
  since: '0.2.0',
  why: 'Callers that still name a port that its Service no longer has get connection errors at once. They change in another wave, or by a rollout of minutes: old port and new port have to stand side by side meanwhile.',
  cause: 'whoever still calls the port gets connection errors, until its own rollout is over',
  source: ['kubernetes.io/docs/concepts/services-networking/service (ports)'],
  check(diff, report) {
    for (const change of diff.of('Service', 'Canary')) {
      if (!change.before || !change.after) continue;
      const was = portsOf(diff.before, change.before);
      const is = portsOf(diff.after, change.after);
      if (!was || !is) continue;
      // A Canary's Service is told of at the Canary, which makes it.
      if (change.kind === 'Service' && diff.after.canaryOfService(change.namespace, change.name)) continue;
      for (const port of was.ports) {
        if (is.ports.includes(port)) continue;
        const callers = diff.before
          .edgesTo(change.namespace, was.service)
          .filter((edge) => edge.via !== 'load-test' && (edge.port === undefined || edge.port === port))
          .map(({ entry }) => `${entry.kind} "${entry.name}"`);
        const left = [...new Set(callers)].sort();
        report(change, {
          message: `Service "${was.service}" loses port ${port}${left.length > 0 ? `, which ${listed(left)} ${left.length === 1 ? 'calls' : 'call'}` : ''}`,
          severity: left.length > 0 ? 'error' : 'warning',
          fix: `keep port ${port} beside the new one, move the callers, and remove it in a later commit`,
        });
      }
    }
  },
  cases: {
    bad: [
      {
        name: 'a caller names it',
        before: [service('cart'), deploymentOf('web', { env: [{ name: 'CART', value: 'cart:80' }] })],
        after: [
          service('cart', { ports: [{ name: 'http', port: 8080 }] }),
          deploymentOf('web', { env: [{ name: 'CART', value: 'cart:8080' }] }),
        ],
        expect: [
          {
            object: 'Service shop/cart',
            severity: 'error',
            message: 'Service "cart" loses port 80, which Deployment "web" calls',
          },
        ],
      },
      {
        name: 'of a Service that Flagger makes',
        before: [
          deploymentOf('cart', {}),
          canary('cart'),
          deploymentOf('web', { env: [{ name: 'CART', value: 'cart:80' }] }),
        ],
        after: [
          deploymentOf('cart', {}),
          canary('cart', { service: { port: 8080 } }),
          deploymentOf('web', { env: [{ name: 'CART', value: 'cart:8080' }] }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            severity: 'error',
            message: 'Service "cart" loses port 80, which Deployment "web" calls',
          },
        ],
      },
    ],
    good: [
      {
        name: 'both side by side',
        before: [service('cart')],
        after: [
          service('cart', {
            ports: [
              { name: 'http', port: 80 },
              { name: 'web', port: 8080 },
            ],
          }),
        ],
      },
      {
        name: 'a Canary keeps it',
        before: [deploymentOf('cart', {}), canary('cart')],
        after: [deploymentOf('cart', {}), canary('cart', { service: { timeout: '5s' } })],
      },
    ],
  },
});

function portsOf(
  world: World,
  entry: Entry,
): { readonly service: string; readonly ports: readonly number[] } | undefined {
  if (entry.kind === 'Service')
    return {
      service: entry.name,
      ports: listAt(entry.object, 'spec', 'ports').flatMap((port) => numberAt(port, 'port') ?? []),
    };
  const view = world.canary(entry.namespace, entry.name);
  return view && { service: view.apexName, ports: view.ports.map(({ port }) => port) };
}
