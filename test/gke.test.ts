import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { loadAll } from 'js-yaml';
import { variants } from '../e2e/variants';
import { loadCatalog } from '../lib/catalog';
import { planUnits } from '../lib/charts';
import type { KubeObject } from '../lib/kube';
import { preflightText } from '../lib/synth/preflight-catalog';
import { renderUnit } from '../lib/synth/render';

const text = JSON.stringify(variants.find(({ name }) => name === 'gke')!.catalog);
const folder = join(__dirname, '..', '..', 'shared', 'crds-config-connector');
const withDefinitions = existsSync(folder) ? test : test.skip;

/** What the management cluster gets for a cluster. */
function management(cluster: string, catalog = text): KubeObject[] {
  const { catalog: loaded, findings } = loadCatalog(catalog, 'services.json');
  expect(findings).toEqual([]);
  const unit = planUnits(loaded!).find(({ id }) => id === `management/${cluster}`)!;
  return renderUnit(unit).files.flatMap(({ documents }) => documents as KubeObject[]);
}

const named = (objects: readonly KubeObject[], kind: string, name: string) =>
  objects.find((object) => object.kind === kind && object.metadata.name === name) as KubeObject & { spec: any };

test('one folder a layer, each waiting for the one before', () => {
  const chain = management('small').filter(
    ({ kind, apiVersion }) => kind === 'Kustomization' && apiVersion.startsWith('kustomize.toolkit'),
  ) as (KubeObject & { spec: any })[];
  expect(chain.map(({ metadata, spec }) => [metadata.name, spec.path, spec.dependsOn?.[0].name])).toEqual([
    ['small-services', './management/small/services', undefined],
    ['small-network', './management/small/network', 'small-services'],
    ['small-cluster', './management/small/cluster', 'small-network'],
    ['small-access', './management/small/access', 'small-cluster'],
  ]);
  const kinds = chain.map(({ spec }) => spec.healthCheckExprs.map((one: { kind: string }) => one.kind));
  expect(kinds[1]).toEqual([
    'ComputeAddress',
    'ComputeNetwork',
    'ComputeRouter',
    'ComputeRouterNAT',
    'ComputeSubnetwork',
  ]);
});

test('project and region are enough for a sound cluster', () => {
  const { spec, metadata } = named(management('small'), 'ContainerCluster', 'small');
  expect(spec).toMatchObject({
    location: 'europe-west3',
    releaseChannel: { channel: 'REGULAR' },
    datapathProvider: 'ADVANCED_DATAPATH',
    workloadIdentityConfig: { workloadPool: 'example-shop.svc.id.goog' },
    privateClusterConfig: { enablePrivateNodes: true, enablePrivateEndpoint: false },
    enableShieldedNodes: true,
  });
  expect(metadata.annotations).toEqual({
    'cnrm.cloud.google.com/deletion-policy': 'abandon',
    'cnrm.cloud.google.com/remove-default-node-pool': 'true',
  });
});

test("a service that names an account of Google's gets it", () => {
  const binding = named(management('large'), 'IAMPolicyMember', 'cart-service-workload-identity');
  expect(binding.spec).toMatchObject({
    member: 'serviceAccount:example-shop.svc.id.goog[shop/cart]',
    role: 'roles/iam.workloadIdentityUser',
    resourceRef: { kind: 'IAMServiceAccount', name: 'cart-service' },
  });
  expect(named(management('large'), 'IAMServiceAccount', 'cart-service')).toBeDefined();
});

test('preflight has nothing to say about both', () => {
  const { findings } = preflightText(text, 'services.json', {});
  expect(findings.filter(({ code }) => code.startsWith('gcp-'))).toEqual([]);
});

test('preflight finds what the catalog says wrong about a cluster', () => {
  const catalog = JSON.parse(text);
  catalog.clusters[0].gke = {
    ...catalog.clusters[0].gke,
    ranges: { pods: '10.0.0.0/22' },
    nodePools: [{ name: 'a-pool-with-a-name-that-is-much-too-long-for-google', minNodes: 5 }],
  };
  const { findings } = preflightText(JSON.stringify(catalog), 'services.json', {});
  expect(findings.filter(({ code }) => code.startsWith('gcp-')).map(({ code, place }) => [code, place.file])).toEqual([
    ['gcp-ranges-overlap', 'management/small/network/network.yaml'],
    ['gcp-pod-range-too-small', 'management/small/cluster/cluster.yaml'],
    ['gcp-invalid-name', 'management/small/cluster/cluster.yaml'],
    ['gcp-node-pool-bounds', 'management/small/cluster/cluster.yaml'],
  ]);
});

interface Schema {
  readonly type?: string;
  readonly properties?: Record<string, Schema>;
  readonly items?: Schema;
  readonly additionalProperties?: unknown;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** As the API server does with strict validation: no field that the definition does not have. */
function strict(schema: Schema): Schema {
  const { properties, items, ...rest } = schema;
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties !== undefined;
  const own = Object.fromEntries(Object.entries(rest).filter(([key]) => !key.startsWith('x-') && key !== 'format'));
  return {
    ...own,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, child]) => [key, strict(child)])),
      ...(isOpen ? {} : { additionalProperties: false }),
    }),
    ...(items && { items: strict(items) }),
  };
}

withDefinitions.each(['small', 'large'])('every object of %s is one by its definition', (cluster) => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  const definitions = new Map(
    readdirSync(folder)
      .filter((file) => file.endsWith('.yaml'))
      .flatMap((file) => loadAll(readFileSync(join(folder, file), 'utf8')) as any[])
      .map(({ spec }) => [`${spec.group} ${spec.names.kind}`, strict(spec.versions[0].schema.openAPIV3Schema)]),
  );
  const objects = management(cluster).filter(({ apiVersion }) => apiVersion.includes('.cnrm.'));
  expect(objects.length).toBeGreaterThan(18);
  const problems = objects.flatMap((object) => {
    const { properties, ...schema } = definitions.get(`${object.apiVersion.split('/')[0]} ${object.kind}`)!;
    const validate = ajv.compile({ ...schema, properties: { ...properties, metadata: { type: 'object' } } });
    validate(object);
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${object.kind} ${object.metadata.name}${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  });
  expect(problems).toEqual([]);
});
