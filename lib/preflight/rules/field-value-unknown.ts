import { nearest } from '../../findings';
import { describeEntry } from '../../world';
import { canary, deployment, fluxKustomization, metricTemplate } from '../case-manifests';
import { definedEntries } from '../field-tree';
import { rule } from '../rule';

/** Values of fields that have a rule of their own, by kind. */
const otherRules: Readonly<Record<string, RegExp>> = {
  Canary: /^\/spec\/(provider|targetRef\/kind|autoscalerRef\/kind|analysis\/webhooks\/\d+\/type)$/,
  AlertProvider: /^\/spec\/type$/,
};

export default rule({
  id: 'field-value-unknown',
  severity: 'error',
  effect: 'rejected',
  since: '0.3.0',
  why: 'Some fields take a few words only: the severity of an alert, the type of a metrics provider, the mode of TLS. The API server refuses an object with another one (Unsupported value), and Flux then applies nothing of the Kustomization.',
  cause: 'the API server takes only the values that the definition lists',
  source: [
    'fluxcd/flagger v1.44 artifacts/flagger/crd.yaml',
    'fluxcd/kustomize-controller v1.9, fluxcd/helm-controller v1.6 config/crd',
    'istio/api 1.31 kubernetes/customresourcedefinitions.gen.yaml',
    'fluxcd/flagger issue 737',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const { entry, faults } of definedEntries(world))
      for (const { pointer, value, known } of faults.foreign) {
        if (value.includes('${') || otherRules[entry.kind]?.test(pointer)) continue;
        const near = nearest(value, known);
        const list = known.filter((one) => one !== '').join(', ');
        report(entry, {
          pointer,
          message: `${pointer.slice(1).replaceAll('/', '.')} of ${describeEntry(entry)} is "${value}", and the API server takes ${list} only`,
          ...(near ? { nearest: near } : {}),
          fix: near ? `write ${near}` : `write one of ${list}`,
        });
      }
  },
  cases: () => ({
    bad: [
      {
        name: 'a severity that is none',
        manifests: [
          deployment('cart'),
          canary('cart', {
            analysis: { alerts: [{ name: 'dev', severity: 'debug', providerRef: { name: 'slack' } }] },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/alerts/0/severity',
            message:
              'spec.analysis.alerts.0.severity of Canary shop/cart is "debug", and the API server takes info, warn, error only',
          },
        ],
      },
      {
        name: 'a metrics provider with a capital',
        manifests: [metricTemplate('errors', 'up', { provider: { type: 'Prometheus', address: 'http://p:9090' } })],
        expect: [{ object: 'MetricTemplate shop/errors', pointer: '/spec/provider/type' }],
      },
    ],
    good: [
      { name: 'known values', manifests: [deployment('cart'), canary('cart'), metricTemplate('errors', 'up')] },
      {
        name: 'a value that Flux substitutes',
        manifests: [fluxKustomization('apps', { sourceRef: { kind: '${source_kind}', name: 'flux-system' } })],
      },
    ],
  }),
});
