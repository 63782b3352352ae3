import { textMapAt } from '../../kube';
import { factNote, type Workload } from '../../world';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const part = (name: string, options: object = {}) =>
  deployment(name, {
    spec: { selector: { matchLabels: { app: 'shop', component: name } }, ...options },
    podLabels: { app: 'shop', component: name },
  });

export default rule({
  id: 'selector-label-ambiguous',
  severity: 'error',
  effect: 'outage',
  since: '0.1.0',
  why: "Flagger takes one label of the target's selector, the first of its list, and writes it alone into its Services and into the selector of the primary; the others are dropped. If the pods of a second workload of the namespace have the same value of that label, the Services lead to its pods too, and of two such Canaries each primary gets the users of the other.",
  cause: 'the Services of Flagger select pods by a single label',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (getSelectorLabel, createPrimaryDeployment)',
    'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go (reconcileService)',
    'fluxcd/flagger issues 809, 1257 and 1312',
  ],
  codes: ['SELECTOR_LABEL_AMBIGUOUS'],
  each: 'canary',
  check(canary, report, world) {
    const { target, selectorLabel } = canary;
    if (!target || !selectorLabel) return;
    const { key, value } = selectorLabel;
    const others = world.writtenWorkloadsWith(canary.namespace, { [key]: value }).filter(
      (other) =>
        other.entry !== target.entry &&
        // The same object, written in another version of the API too.
        (other.kind !== target.kind || other.name !== target.name) &&
        other.replicas !== 0,
    );
    if (others.length === 0) return;
    const labels = world.flagger.selectorLabels;
    // Jobs are there for a time, and another list of labels may choose another one.
    // A workload of the target's own name and another kind is an alternative to it, as a rule.
    const isCertain =
      others.some(({ kind, name }) => isLasting(kind) && name !== target.name) && labels.certainty !== 'assumed';
    const names = others.slice(0, 3).map(({ kind, name }) => `${kind} "${name}"`);
    const own = uniqueLabel(target, others);
    const free = value === target.name ? `${target.name}-app` : target.name;
    report(target, {
      pointer: '/spec/selector/matchLabels',
      about: canary,
      severity: isCertain ? 'error' : 'warning',
      message: `Flagger tells the pods of ${target.kind} "${target.name}" by ${key}: ${value} alone${factNote(labels)}, and the pods of ${names.join(', ')}${others.length > 3 ? ` and ${others.length - 3} more` : ''} have that label too: Service "${canary.canaryName}" of Canary "${canary.name}" leads to them as well`,
      fix:
        own === undefined
          ? `recreate ${target.kind} "${target.name}" with a value of ${key} that no other workload has, such as ${key}: ${free}, in its selector and pod labels (a selector cannot be changed)`
          : `put ${own} first in the value selectorLabels of Flagger's chart if it is unique for every target, or recreate ${target.kind} "${target.name}" with ${key}: ${free} (a selector cannot be changed)`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'two Canaries of one application label',
        manifests: [part('cart'), part('search'), canary('cart'), canary('search')],
        facts: { selectorLabels: ['app'] },
        expect: [
          {
            object: 'Deployment shop/cart',
            pointer: '/spec/selector/matchLabels',
            severity: 'error',
            message:
              'Flagger tells the pods of Deployment "cart" by app: shop alone (stated: Flagger selects pods by the labels app), and the pods of Deployment "search" have that label too: Service "cart-canary" of Canary "cart" leads to them as well',
          },
          { object: 'Deployment shop/search', severity: 'error' },
        ],
      },
      {
        name: "Flagger's labels are assumed",
        manifests: [part('cart'), part('worker'), canary('cart')],
        expect: [{ object: 'Deployment shop/cart', severity: 'warning' }],
      },
      {
        name: 'a DaemonSet of its name, as an alternative',
        manifests: [deployment('cart'), canary('cart'), { ...deployment('cart'), kind: 'DaemonSet' }],
        facts: { selectorLabels: ['app'] },
        expect: [{ object: 'Deployment shop/cart', severity: 'warning' }],
      },
      {
        name: 'a Job of the application',
        manifests: [
          deployment('cart'),
          canary('cart'),
          {
            apiVersion: 'batch/v1',
            kind: 'Job',
            metadata: { name: 'migrate', namespace: 'shop' },
            spec: { template: { metadata: { labels: { app: 'cart' } }, spec: { containers: [] } } },
          },
        ],
        facts: { selectorLabels: ['app'] },
        expect: [{ object: 'Deployment shop/cart', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'a label of their own',
        manifests: [deployment('cart'), deployment('search'), canary('cart'), canary('search')],
      },
      {
        name: 'the chart is told a label that is unique',
        manifests: [part('cart'), part('search'), canary('cart'), canary('search')],
        facts: { selectorLabels: ['component', 'app'] },
      },
      { name: 'the other one has no pods', manifests: [part('cart'), part('old', { replicas: 0 }), canary('cart')] },
      {
        name: 'the same label in another namespace',
        manifests: [deployment('cart'), deployment('cart', { metadata: { namespace: 'staging' } }), canary('cart')],
      },
    ],
  }),
});

function isLasting(kind: string): boolean {
  return kind === 'Deployment' || kind === 'DaemonSet' || kind === 'StatefulSet' || kind === 'ReplicaSet';
}

/** A label of the target's selector that the others do not share. */
function uniqueLabel(target: Workload, others: readonly Workload[]): string | undefined {
  const labels = Object.entries(textMapAt(target.object, 'spec', 'selector', 'matchLabels'));
  return labels.find(([key, value]) => others.every(({ podLabels }) => podLabels[key] !== value))?.[0];
}
