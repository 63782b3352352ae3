import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { preflightCatalog } from './preflight-catalog';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aviary-chart-values-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  required: ['image'],
  additionalProperties: false,
  properties: {
    architecture: { enum: ['standalone', 'replication'] },
    image: { type: 'string' },
    replica: { type: 'object', properties: { replicaCount: { type: 'integer', minimum: 1 } } },
  },
};

/** What is said of the values, with the line at which it is. */
function said(
  values: object,
  { file = JSON.stringify(schema), override = {} }: { readonly file?: string | null; readonly override?: object } = {},
): string[] {
  if (file !== null) writeFileSync(join(folder, 'redis.schema.json'), file);
  const catalog = {
    platform: { namespace: 'shop', registry: 'r.example.com/shop', gitops: { url: 'https://git.example.com/g.git' } },
    clusters: [
      {
        name: 'test',
        domain: 'example.com',
        flux: { mode: 'gotk' },
        services: { redis: { release: { values: override } } },
      },
    ],
    services: [
      {
        name: 'redis',
        ports: [{ port: 6379, protocol: 'tcp' }],
        canary: false,
        release: {
          chart: { oci: 'oci://r.example.com/charts/redis', version: '21.2.3', schema: 'redis.schema.json' },
          values,
        },
      },
    ],
  };
  const path = join(folder, 'services.json');
  writeFileSync(path, JSON.stringify(catalog, null, 1));
  return preflightCatalog(path, { file: 'services.json' })
    .findings.filter(({ severity }) => severity === 'error')
    .map(
      ({ code, place, message, fix }) => `${place.file}:${place.line} ${place.pointer}: ${message} [${code}] ${fix}`,
    );
}

test.each<[string, object, Parameters<typeof said>[1], string[]]>([
  ['what the chart takes, without what its own values say', { architecture: 'standalone' }, {}, []],
  [
    'a value that is misspelt',
    { arhitecture: 'standalone' },
    {},
    [
      'services.json:42 /services/0/release/values/arhitecture: "redis": the chart has no value "arhitecture" [chart-values] write "architecture"',
    ],
  ],
  [
    'a value of another type',
    { replica: { replicaCount: 'two' } },
    {},
    [
      'services.json:43 /services/0/release/values/replica/replicaCount: "redis": the value replica.replicaCount is "two", which must be integer [chart-values] write what the chart takes',
    ],
  ],
  [
    'a value of one cluster',
    {},
    { override: { replica: { replicaCount: 0 } } },
    [
      'services.json:21 /clusters/0/services/redis/release/values/replica/replicaCount: "redis": the value replica.replicaCount is 0, which must be >= 1 [chart-values] write what the chart takes',
    ],
  ],
  [
    'a schema that is not there',
    {},
    { file: null },
    [
      'services.json:39 /services/0/release/chart/schema: "redis": redis.schema.json cannot be read [chart-schema] correct the path: it begins at the folder of the catalog',
    ],
  ],
  [
    'a schema that is none',
    {},
    { file: '{"type": "strin"}' },
    [
      expect.stringMatching(
        /^services\.json:39 \/services\/0\/release\/chart\/schema: "redis": redis\.schema\.json is no JSON Schema: .* \[chart-schema\] take the one of the chart \(helm pull --untar\)$/,
      ),
    ],
  ],
])('%s', (_, values, options, expected) => {
  expect(said(values, options)).toEqual(expected);
});
