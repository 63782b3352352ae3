import { caseYaml, exampleOf } from './rule-example';
import { rules } from './rules.generated';

const at = (object: string, pointer: string) =>
  ({ code: 'x', severity: 'error', place: { object, pointer }, message: '' }) as const;

const MANIFESTS = `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  ports:
    - port: 80 # of HTTP
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data:
  app.ini: |
    a = 1`;

test.each([
  ['a field', at('Service shop/web', '/spec/ports/0/port'), '    - port: 80 # of HTTP <-- here'],
  ['one that is not there: its parent', at('Service shop/web', '/spec/selector/app'), 'spec:  # <-- here'],
  ['no field: the kind', at('Service shop/web', ''), 'kind: Service  # <-- here'],
  ['a text of several lines', at('ConfigMap shop/settings', '/data/app.ini'), '  app.ini: |  # <-- here'],
])('marks %s', (_, finding, line) => {
  const marked = caseYaml({ name: 'x', manifests: MANIFESTS }, [finding]).split('\n');
  expect(marked.filter((one) => one.includes('<-- here'))).toEqual([line]);
});

test('marks nothing for what Flagger makes, which is not written there', () => {
  expect(caseYaml({ name: 'x', manifests: MANIFESTS }, [at('Service shop/other', '')])).toBe(MANIFESTS);
});

test('nine of ten rules show their cure as a diff', () => {
  const examples = rules.map((rule) => exampleOf(rule));
  expect(examples.filter((example) => example?.diff === undefined).length).toBeLessThan(rules.length / 10);
});
