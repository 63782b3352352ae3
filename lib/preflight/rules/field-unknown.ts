import { nearest } from '../../findings';
import { describeEntry } from '../../world';
import { canary, deployment, fluxKustomization } from '../case-manifests';
import { definedAbove, definedEntries } from '../field-tree';
import { rule } from '../rule';

export default rule({
  id: 'field-unknown',
  severity: 'error',
  effect: 'rejected',
  since: '0.2.0',
  why: 'A field that the definition does not know is a field with a wrong name, or at the wrong place. Flux applies on the server, which refuses the whole object (field not declared in schema); kubectl refuses it too unless it is told not to validate, and then the field is dropped without a word and the default holds.',
  cause: 'the definition has no such field: the API server refuses the object, or drops the field without a word',
  source: [
    'fluxcd/flagger v1.44 artifacts/flagger/crd.yaml',
    'fluxcd/kustomize-controller v1.9, fluxcd/helm-controller v1.6 config/crd',
    'istio/api 1.31 kubernetes/customresourcedefinitions.gen.yaml',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const { entry, faults } of definedEntries(world))
      for (const { pointer, name, known } of faults.unknown) {
        const above = definedAbove(entry, pointer, name);
        const near = above === undefined ? nearest(name, known) : undefined;
        const where = pointer.slice(1, -name.length - 1).replaceAll('/', '.');
        report(entry, {
          pointer,
          message: `${describeEntry(entry)} has the field ${name} in ${where}, which ${entry.kind} does not know`,
          ...(near === undefined ? {} : { nearest: near }),
          fix:
            above !== undefined
              ? `move ${name} to ${above}`
              : near === undefined
                ? `remove ${name}; ${where} takes ${known.length > 12 ? `${known.slice(0, 12).join(', ')} and ${known.length - 12} more` : known.join(', ')}`
                : `write ${near}`,
        });
      }
  },
  cases: () => ({
    bad: [
      {
        name: 'a name with a slip',
        manifests: [deployment('cart'), canary('cart', { analysis: { stepWeigth: 10 } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/stepWeigth',
            message: 'Canary shop/cart has the field stepWeigth in spec.analysis, which Canary does not know',
          },
        ],
      },
      {
        name: 'a field at the wrong place',
        manifests: [deployment('cart'), canary('cart', { spec: { threshold: 5 } })],
        expect: [{ object: 'Canary shop/cart', pointer: '/spec/threshold' }],
      },
      {
        name: 'a field of the level above',
        manifests: [deployment('cart'), canary('cart', { analysis: { skipAnalysis: true } })],
        expect: [{ object: 'Canary shop/cart', pointer: '/spec/analysis/skipAnalysis' }],
        mended: [deployment('cart'), canary('cart', { spec: { skipAnalysis: true } })],
      },
      {
        name: 'of Flux',
        manifests: [fluxKustomization('apps', { dependOn: [{ name: 'infra' }] })],
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            message: 'Kustomization flux-system/apps has the field dependOn in spec, which Kustomization does not know',
          },
        ],
      },
    ],
    good: [
      {
        name: 'names of their own where any may stand',
        manifests: [
          deployment('cart'),
          canary('cart', {
            analysis: {
              webhooks: [{ name: 'x', url: 'http://x.shop/', metadata: { anything: 'goes' } }],
              match: [{ headers: { 'x-user': { exact: 'a' } } }],
            },
          }),
        ],
      },
    ],
  }),
});
