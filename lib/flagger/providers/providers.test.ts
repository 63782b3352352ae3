import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { readAnalysis } from '../analysis';
import { allProviders, providerOf, providers } from '.';

const definition = join(__dirname, '../../../../shared/crds/flagger.app.yaml');
const source = join(homedir(), 'go/pkg/mod/github.com/fluxcd/flagger@v1.44.0');

test('ids are the names of the files, and values belong to one provider', () => {
  for (const provider of allProviders) {
    expect(existsSync(join(__dirname, `${provider.id}.ts`))).toBe(true);
    for (const value of provider.values) expect(allProviders.filter(({ takes }) => takes(value))).toEqual([provider]);
  }
});

(existsSync(definition) ? test : test.skip)('values are those of the definition', () => {
  const text = readFileSync(definition, 'utf8').split('\n---\n')[0]!;
  const values = JSON.stringify(load(text)).match(/"provider":\{"type":"string","enum":(\[[^\]]*\])/)?.[1];
  expect(providers).toEqual(JSON.parse(values!));
});

test.each([
  ['smi:v1alpha1:istio', 'smi'],
  ['gatewayapi:v1beta1', 'gatewayapi'],
  ['gatewayapi', 'istio'],
  ['gloo:v1', 'gloo'],
  ['isto', 'istio'],
])('%s is routed as %s', (value, id) => {
  expect(providerOf(value).id).toBe(id);
});

/** Without spaces, and with the labels of a selector in the order of their text: it has no meaning. */
const dense = (query: string) =>
  query
    .replace(/\s+/g, '')
    .replace(/\{\{(\w+)\}\}/g, '<$1>')
    .replace(/\{([^{}]*)\}/g, (_, labels: string) => `{${labels.split(',').filter(Boolean).sort().join(',')}}`);

describe.each(allProviders.map((provider) => [provider.id, provider] as const))('%s', (_, provider) => {
  const observer = join(source, 'pkg/metrics/observers', `${provider.builtin?.observer}.go`);
  // Skipper computes the name of its route in the template.
  const isPlain = provider.builtin && provider.builtin.observer !== 'skipper';
  (isPlain && existsSync(observer) ? test : test.skip)('the queries are those of Flagger', () => {
    const text = readFileSync(observer, 'utf8');
    const query = (name: string) => new RegExp(`"${name}": \`([^\`]*)\``).exec(text)?.[1] ?? '';
    expect(dense(provider.builtin!.successRate)).toBe(dense(query('request-success-rate')));
    expect(dense(provider.builtin!.duration)).toBe(dense(query('request-duration')));
  });

  test('makes its routes with all weight on the primary', () => {
    const value = provider.values[0]!;
    const canary = {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { targetRef: { name: 'web' }, service: { port: 80 }, analysis: { stepWeight: 10 } },
    };
    const input = { canary, value, analysis: readAnalysis(canary.spec, value) };
    for (const route of provider.routes) {
      const made = route.make?.(input);
      if (!made) continue;
      expect(made.map(({ metadata }) => metadata.name)).toEqual(route.names(canary));
      for (const object of made) {
        expect([object.kind, object.apiVersion]).toEqual([route.kind, route.apiVersion(value)]);
        expect(object.metadata.namespace).toBe(route.isClusterScoped ? undefined : 'shop');
      }
    }
  });
});
