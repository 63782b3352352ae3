import { ApiObject, App, Chart, JsonPatch, Lazy } from 'cdk8s';
import { IntOrString, KubeDeployment, Quantity } from 'cdk8s-plus-25/lib/imports/k8s';
import * as fc from 'fast-check';
import { runs } from '../../test/runs';

/** cdk8s's own method, from before it was replaced. */
const original = ApiObject.prototype.toJson;
const { installSerialization } = require('./serialization') as typeof import('./serialization');
installSerialization();
const fast = ApiObject.prototype.toJson;

const outcome = (run: () => unknown): unknown => {
  try {
    return { result: JSON.stringify(run()) };
  } catch (error) {
    return { error: (error as Error).message };
  }
};

class Token {
  resolve(): unknown {
    return { from: 'token' };
  }
}
class Opaque {
  readonly field = 1;
}

const key = fc.oneof(
  fc.constantFrom(
    'name',
    'value',
    'resolve',
    'constructor',
    '__proto__',
    'toString',
    '10',
    '9',
    'b',
    'a',
    'labels',
    '',
  ),
  fc.string({ maxLength: 4 }),
);
const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(null, undefined, [], {}, -0, 1.5),
  fc.constantFrom(
    IntOrString.fromNumber(8080),
    IntOrString.fromString('http'),
    Quantity.fromString('10m'),
    Lazy.any({ produce: () => ({ late: [1, null] }) }),
    new Token(),
    new Opaque(),
    new Date(0),
    new Map(),
    () => 1,
    Symbol.iterator,
  ),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((entries) => {
      const map = {};
      // As JSON.parse does, so that __proto__ is a key.
      for (const [name, item] of entries)
        Object.defineProperty(map, name, { value: item, enumerable: true, configurable: true, writable: true });
      return map;
    }),
  ),
}));

test('serializes as cdk8s does, or leaves it to cdk8s', () => {
  let plain = 0;
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('spec', 'data', 'metadata2', 'apiVersion2', 'a', 'z', '1'), value),
      fc.option(fc.dictionary(fc.string({ maxLength: 3 }), fc.string()), { nil: undefined }),
      fc.option(value, { nil: undefined }),
      fc.boolean(),
      (fields, labels, extra, isPatched) => {
        const chart = new Chart(new App(), 'chart', { namespace: 'shop', labels: { team: 'x' } });
        const object = new ApiObject(chart, 'object', {
          apiVersion: 'v1',
          kind: 'Thing',
          ...fields,
          metadata: { labels, finalizers: [], ...(extra === undefined ? {} : { extra }) },
        });
        object.metadata.addAnnotation('a', 'b');
        if (isPatched) object.addJsonPatch(JsonPatch.add('/patched', true));
        const expected = outcome(() => original.call(object));
        expect(outcome(() => fast.call(object))).toEqual(expected);
        if (typeof expected === 'object' && expected !== null && 'result' in expected) plain++;
      },
    ),
    { numRuns: runs(3000), seed: 3 },
  );
  expect(plain).toBeGreaterThan(runs(500));
});

test("serializes a generated class's object as cdk8s does", () => {
  const chart = new Chart(new App(), 'chart');
  const deployment = new KubeDeployment(chart, 'd', {
    metadata: { name: 'd', labels: { b: '1', a: '2' } },
    spec: {
      selector: { matchLabels: { app: 'd' } },
      template: {
        spec: {
          containers: [
            {
              name: 'c',
              resources: { requests: { cpu: Quantity.fromString('1') } },
              readinessProbe: { httpGet: { port: IntOrString.fromNumber(1) } },
            },
          ],
        },
      },
    },
  });
  const now = JSON.stringify(deployment.toJson());
  ApiObject.prototype.toJson = original;
  expect(now).toBe(JSON.stringify(deployment.toJson()));
  ApiObject.prototype.toJson = fast;
});

test('an app with a resolver of its own is left to cdk8s', () => {
  const resolver = {
    resolve: (context: { value: unknown; replaceValue(value: unknown): void }) => {
      if (context.value === 'old') context.replaceValue('new');
    },
  };
  const chart = new Chart(new App({ resolvers: [resolver] }), 'chart');
  const object = new ApiObject(chart, 'o', { apiVersion: 'v1', kind: 'Thing', spec: 'old' });
  expect(object.toJson()).toMatchObject({ spec: 'new' });
});
