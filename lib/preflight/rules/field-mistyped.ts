import { isFields } from '../../kube';
import { describeEntry } from '../../world';
import { canary, deployment, fluxKustomization, virtualService } from '../case-manifests';
import { definedEntries, type MistypedField } from '../field-tree';
import { rule } from '../rule';

const nouns: Readonly<Record<MistypedField['expected'], string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  list: 'a list',
  mapping: 'a mapping',
};

export default rule({
  id: 'field-mistyped',
  severity: 'error',
  effect: 'rejected',
  since: '0.3.0',
  why: 'The definition of a kind gives each field a type: a text, a number, a list, a mapping. The API server refuses an object with another one, with "must be of type …", and Flux then applies nothing of the Kustomization. A number that stands for a text needs quotes; a list needs a dash before each item.',
  cause: 'the API server takes each field only with the type that the definition gives it',
  source: [
    'fluxcd/flagger v1.44 artifacts/flagger/crd.yaml',
    'fluxcd/kustomize-controller v1.9, fluxcd/helm-controller v1.6 config/crd',
    'istio/api 1.31 kubernetes/customresourcedefinitions.gen.yaml',
    'fluxcd/flagger issue 434',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const { entry, faults } of definedEntries(world))
      for (const { pointer, value, expected } of faults.mistyped) {
        if (isOfOtherRule(entry.kind, pointer, expected) || (typeof value === 'string' && value.includes('${')))
          continue;
        const text = JSON.stringify(value);
        if (isPlaceholder(value)) {
          report(entry, {
            pointer,
            message: `${pointer.slice(1).replaceAll('/', '.')} of ${describeEntry(entry)} is a placeholder in braces that nobody has filled: YAML reads {{ … }} as a mapping, and the API server takes ${nouns[expected]} only`,
            fix: `write the value, or check what fills it makes (helm template): aviary preflight --manifests -`,
          });
          continue;
        }
        report(entry, {
          pointer,
          message: `${pointer.slice(1).replaceAll('/', '.')} of ${describeEntry(entry)} is ${text.length > 60 ? `${text.slice(0, 60)}…` : text}, and the API server takes ${nouns[expected]} only`,
          ...(expected === 'string' && typeof value === 'number' && { edits: [{ value: String(value) }] }),
          fix:
            expected === 'string' && typeof value !== 'object'
              ? `write it in quotes: "${value}"`
              : expected === 'list' && typeof value !== 'object'
                ? `write it as a list: [${text}]`
                : `write ${nouns[expected]}`,
        });
      }
  },
  cases: () => ({
    bad: [
      {
        name: 'a list where a text belongs',
        manifests: [deployment('cart'), canary('cart', { service: { match: [{ uri: { prefix: ['/api', '/v2'] } }] } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/service/match/0/uri/prefix',
            message:
              'spec.service.match.0.uri.prefix of Canary shop/cart is ["/api","/v2"], and the API server takes a text only',
          },
        ],
      },
      {
        name: 'a number without quotes',
        manifests: [fluxKustomization('apps', { interval: 10 })],
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            message: 'spec.interval of Kustomization flux-system/apps is 10, and the API server takes a text only',
          },
        ],
      },
      {
        name: 'a placeholder of a template that nobody has filled',
        manifests: [deployment('cart'), canary('cart', { service: { hosts: [{ '{ .Values.host }': null }] } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/service/hosts/0',
            message:
              'spec.service.hosts.0 of Canary shop/cart is a placeholder in braces that nobody has filled: YAML reads {{ … }} as a mapping, and the API server takes a text only',
          },
        ],
      },
      {
        name: 'one host that is no list',
        manifests: [
          virtualService('web', { hosts: 'shop.example', http: [{ route: [{ destination: { host: 'web' } }] }] }),
        ],
        expect: [{ object: 'VirtualService shop/web', pointer: '/spec/hosts' }],
      },
    ],
    good: [
      { name: 'sound objects', manifests: [deployment('cart'), canary('cart'), fluxKustomization('apps')] },
      { name: 'a value that Flux substitutes', manifests: [fluxKustomization('apps', { prune: '${prune}' })] },
    ],
  }),
});

/** What YAML makes of `{{ .Values.host }}`: a mapping whose only key is a mapping, or its text. */
function isPlaceholder(value: unknown): boolean {
  if (!isFields(value)) return false;
  const [[key, inner] = [], ...others] = Object.entries(value);
  return others.length === 0 && inner === null && /^\{.*\}$/s.test(key ?? '');
}

/** Numbers, switches and durations of a Canary are the matter of field-wrong-type. */
function isOfOtherRule(kind: string, pointer: string, expected: MistypedField['expected']): boolean {
  if (kind !== 'Canary') return false;
  return (
    expected === 'number' || expected === 'integer' || expected === 'boolean' || /\/(interval|timeout)$/.test(pointer)
  );
}
