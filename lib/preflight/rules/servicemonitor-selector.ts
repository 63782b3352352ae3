import type { CanaryView } from '../../world';
import { canary, deployment, service } from '../case-manifests';
import { rule } from '../rule';
import { serviceMonitorsOf } from '../service-monitors';

const monitor = (name: string, labels: Readonly<Record<string, string>>) => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'ServiceMonitor',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { matchLabels: labels }, endpoints: [{ port: 'http' }] },
});

export default rule({
  id: 'servicemonitor-selector',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Flagger makes the Services with -primary and -canary. They have one label, the selector label with the name of the Service as value, and what spec.service.primary.labels and canary.labels add; a Service that was there before keeps its own. A ServiceMonitor that selects by other labels, or by the label of the Service of users alone, does not scrape the pods of the canary: its own metrics are missing from the analysis.',
  cause: 'the Service of the canary has no label but its name and those that the Canary adds',
  source: ['fluxcd/flagger v1.44 pkg/router/kubernetes_default.go (reconcileService)'],
  codes: ['SERVICEMONITOR_SELECTOR'],
  each: 'canary',
  check(canary, report, world) {
    if (world.ofKind('ServiceMonitor').length === 0) return;

    const { target } = canary;
    const made = world.service(canary.namespace, canary.canaryName);
    if (!target || !made?.isMadeByFlagger) return;
    const find = (labels: Readonly<Record<string, string>>) => serviceMonitorsOf(world, canary.namespace, labels);
    if (find(made.entry.labels).length > 0 || world.selecting('PodMonitor', target).length > 0) return;
    const users = canary.writtenService;
    const labels = users?.labels ?? world.service(canary.namespace, canary.apexName)?.entry.labels ?? {};
    const ofUsers = find(labels);
    const monitor = ofUsers[0] ?? find(target.entry.labels)[0] ?? find(target.podLabels)[0];
    if (!monitor) return;
    report(monitor, {
      pointer: '/spec/selector',
      about: canary,
      message: ofUsers[0]
        ? `ServiceMonitor "${monitor.name}" selects Service "${canary.apexName}", which leads to the primary, and not "${canary.canaryName}": nobody scrapes what the pods of Canary "${canary.name}" export`
        : `ServiceMonitor "${monitor.name}" selects by labels of ${target.kind} "${target.name}" that Service "${canary.canaryName}" of Canary "${canary.name}" does not have: nobody scrapes what the pods of the canary export`,
      fix: `add a ServiceMonitor for Service "${canary.canaryName}" (${describe(made.entry.labels)}), or write the labels that "${monitor.name}" selects into spec.service.canary.labels of Canary "${canary.name}"`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'it selects the Service of users',
        manifests: [deployment('cart'), canary('cart'), monitor('cart', { app: 'cart' })],
        expect: [
          {
            object: 'ServiceMonitor shop/cart',
            pointer: '/spec/selector',
            message:
              'ServiceMonitor "cart" selects Service "cart", which leads to the primary, and not "cart-canary": nobody scrapes what the pods of Canary "cart" export',
          },
        ],
      },
      {
        name: 'a label that only the Service in Git has',
        manifests: [
          deployment('cart'),
          service('cart', {}, { labels: { team: 'checkout' } }),
          canary('cart'),
          monitor('checkout', { team: 'checkout' }),
        ],
        expect: [{ object: 'ServiceMonitor shop/checkout' }],
      },
      {
        name: 'a label of the Deployment',
        manifests: [
          deployment('cart', { metadata: { labels: { 'app.kubernetes.io/name': 'cart' } } }),
          canary('cart'),
          monitor('cart', { 'app.kubernetes.io/name': 'cart' }),
        ],
        expect: [
          {
            object: 'ServiceMonitor shop/cart',
            message:
              'ServiceMonitor "cart" selects by labels of Deployment "cart" that Service "cart-canary" of Canary "cart" does not have: nobody scrapes what the pods of the canary export',
          },
        ],
      },
    ],
    good: [
      {
        name: 'one for each',
        manifests: [
          deployment('cart'),
          canary('cart'),
          monitor('cart', { app: 'cart' }),
          monitor('cart-canary', { app: 'cart-canary' }),
        ],
      },
      {
        name: 'the Canary adds the label',
        manifests: [
          deployment('cart'),
          canary('cart', {
            service: { apex: { labels: { team: 'checkout' } }, canary: { labels: { team: 'checkout' } } },
          }),
          monitor('checkout', { team: 'checkout' }),
        ],
      },
      {
        name: 'the pods are scraped without a Service',
        manifests: [
          deployment('cart'),
          canary('cart'),
          monitor('cart', { app: 'cart' }),
          {
            apiVersion: 'monitoring.coreos.com/v1',
            kind: 'PodMonitor',
            metadata: { name: 'cart', namespace: 'shop' },
            spec: { selector: { matchLabels: { app: 'cart' } }, podMetricsEndpoints: [{ port: 'http' }] },
          },
        ],
      },
      {
        name: 'it is about another Service',
        manifests: [deployment('cart'), canary('cart'), monitor('search', { app: 'search' })],
      },
    ],
  }),
});

function describe(labels: CanaryView['entry']['labels']): string {
  return Object.entries(labels)
    .map((label) => label.join(': '))
    .join(', ');
}
