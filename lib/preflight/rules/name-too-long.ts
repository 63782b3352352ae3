import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const maximum = 63;
const suffix = '-primary'.length;

export default rule({
  id: 'name-too-long',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'Flagger adds -primary and -canary to the name of the Service, and -primary to the value of the selector label. A name of a Service and a value of a label have 63 characters at most. Beyond that the API server refuses what Flagger makes ("must be no more than 63 characters"), and the Canary is never initialized.',
  cause: 'the names and labels with the suffix -primary may have 63 characters at most',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/util.go (makePrimaryLabels)',
    'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go',
  ],
  codes: ['NAME_TOO_LONG'],
  each: 'canary',
  check(canary, report) {
    const { apexName, selectorLabel, target } = canary;
    if (apexName.length + suffix > maximum)
      report(canary, {
        pointer: canary.service.name === apexName ? '/spec/service/name' : '/spec/targetRef/name',
        message: `Flagger makes a Service "${canary.primaryName}" for Canary "${canary.name}", whose name has ${apexName.length + suffix} characters: ${maximum} is the most`,
        fix: `write a name of ${maximum - suffix} characters at most in spec.service.name of Canary "${canary.name}"`,
      });
    if (target && selectorLabel && selectorLabel.value.length + suffix > maximum)
      report(target, {
        pointer: '/spec/selector/matchLabels',
        about: canary,
        message: `Flagger gives the primary of Canary "${canary.name}" the label ${selectorLabel.key}: ${selectorLabel.value}-primary, whose value has ${selectorLabel.value.length + suffix} characters: ${maximum} is the most`,
        fix: `recreate ${target.kind} "${target.name}" with a value of ${maximum - suffix} characters at most for the label ${selectorLabel.key} (a selector cannot be changed)`,
      });
  },
  cases: () => ({
    bad: [
      {
        name: 'a Service name of 56 characters',
        manifests: [deployment('cart'), canary('cart', { service: { name: 'c'.repeat(56) } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/service/name',
            message: `Flagger makes a Service "${'c'.repeat(56)}-primary" for Canary "cart", whose name has 64 characters: 63 is the most`,
          },
        ],
      },
      {
        name: 'a label of 56 characters',
        manifests: [
          deployment('cart', {
            spec: { selector: { matchLabels: { app: 'c'.repeat(56) } } },
            podLabels: { app: 'c'.repeat(56) },
          }),
          canary('cart'),
        ],
        expect: [{ object: 'Deployment shop/cart', pointer: '/spec/selector/matchLabels' }],
      },
    ],
    good: [
      {
        name: '55 characters',
        manifests: [deployment('c'.repeat(55)), canary('c'.repeat(55))],
      },
    ],
  }),
});
