import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { at, isFields, type KubeObject } from '../lib/kube';
import { type ManifestObject, readManifests } from '../lib/manifests';
import { runPreflight } from '../lib/preflight';
import { buildWorld, type WorldFacts, type WorldInput } from '../lib/world';

/** The YAML examples of Flagger's own documentation, one file a page; AVIARY_FLAGGER_DOCS names another folder. */
const folder = resolve(process.env.AVIARY_FLAGGER_DOCS ?? join(__dirname, '../../shared/conformance/flagger-docs'));
const present = existsSync(folder);

/** The mesh that a page installs before its Canary; the pages not named here are about Istio. */
const meshOfPage: readonly (readonly [page: RegExp, meshProvider: string])[] = [
  [/apisix/, 'apisix'],
  [/contour/, 'contour'],
  [/gatewayapi/, 'gatewayapi:v1'],
  [/gloo/, 'gloo'],
  [/keda|kubernetes-blue-green|prometheus-operator/, 'kubernetes'],
  [/knative/, 'knative'],
  [/kuma/, 'kuma'],
  [/linkerd/, 'linkerd'],
  [/nginx/, 'nginx'],
  [/skipper/, 'skipper'],
  [/traefik/, 'traefik'],
];

/** The Prometheus of Flagger's chart, which these pages install with prometheus.install=true. */
const ofChart = 'http://flagger-prometheus.flagger-system:9090';

/** What a page has the reader install by other means: the application, the load tester, the mesh, its Prometheus. */
function assumedWorld(page: string): WorldFacts {
  return {
    exists: ['* *'],
    meshProvider: meshOfPage.find(([name]) => name.test(page))?.[1] ?? 'istio',
    metricsServer: /keda|kubernetes-blue-green/.test(page) ? ofChart : 'http://prometheus.monitoring:9090',
    flaggerNamespace: 'flagger-system',
    scrapeInterval: '5s',
    injectedNamespaces: ['test', 'default'],
  };
}

/** The route that the page on delegation shows beside its Canary. */
const delegatingRoute: WorldInput = {
  object: {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'frontend', namespace: 'test' },
    spec: {
      gateways: ['istio-system/public-gateway'],
      hosts: ['frontend.example.com'],
      http: [{ match: [{ uri: { prefix: '/podinfo' } }], delegate: { name: 'backend', namespace: 'test' } }],
    },
  } as KubeObject,
  place: { file: 'frontend.yaml' },
};

/** Pages show excerpts: a required part that an excerpt leaves out is completed as plainly as can be. */
function completed({ object, place }: ManifestObject): ManifestObject {
  const spec = at(object, 'spec');
  if (!isFields(spec)) throw new Error(`Canary ${object.metadata.name} has no spec`);
  const service = isFields(spec.service) ? spec.service : {};
  const plain = {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: object.metadata.name },
    analysis: { interval: '1m', threshold: 5, stepWeight: 10, maxWeight: 50 },
    ...spec,
    service: { port: 9898, ...service },
  };
  return { object: { ...object, spec: plain } as KubeObject, place };
}

/** The same of a MetricTemplate: excerpts show the one part that they are about. */
function completedTemplate({ object, place }: WorldInput): WorldInput {
  const spec = at(object, 'spec');
  if (object.kind !== 'MetricTemplate' || !isFields(spec)) return { object, place };
  const provider = isFields(spec.provider) ? spec.provider : {};
  const plain = {
    query: 'sum(up)',
    ...spec,
    provider: {
      type: 'prometheus',
      ...provider,
      ...(isFields(provider.secretRef) ? { secretRef: { name: 'credentials', ...provider.secretRef } } : {}),
    },
  };
  return { object: { ...object, spec: plain } as KubeObject, place };
}

/** Adds what the Gateway API excerpts leave out: the Gateway is that of the page's whole example. */
function withGateway({ object, place }: ManifestObject): ManifestObject {
  const spec = at(object, 'spec');
  const service = at(object, 'spec', 'service');
  if (!isFields(spec) || !isFields(service) || service.gatewayRefs !== undefined) return { object, place };
  const gatewayRefs = [{ name: 'gateway', namespace: 'istio-ingress' }];
  const hosts = ['www.example.com'];
  return { object: { ...object, spec: { ...spec, service: { hosts, ...service, gatewayRefs } } } as KubeObject, place };
}

/** Each Canary of a page with the page's other kinds beside it, because a page shows several variants of one Canary; other objects by themselves. */
function examplesOf(page: string): (readonly [example: string, inputs: WorldInput[]])[] {
  const { inputs, findings } = readManifests([{ file: page, content: readFileSync(join(folder, page)) }]);
  if (findings.length > 0) throw new Error(`${page}: ${findings.map(({ message }) => message).join('; ')}`);
  const canaries = inputs.filter(({ object }) => object.kind === 'Canary').map(completed);
  const others = inputs.filter(({ object }) => object.kind !== 'Canary').map(completedTemplate);
  if (page === 'faq.yaml') others.push(delegatingRoute);
  const worlds =
    canaries.length > 0
      ? canaries.map((canary) => [/gatewayapi/.test(page) ? withGateway(canary) : canary, ...others])
      : others.map((other) => [other]);
  return worlds.map((world, index) => [`${basename(page, '.yaml')} ${index + 1}`, world]);
}

/** Errors that are right: the example would fail as it stands. Page, number of the example on it, codes, and why. */
const wouldFail: Readonly<Record<string, { codes: readonly string[]; because: string }>> = {
  'usage-metrics 1': {
    codes: ['field-missing', 'field-missing', 'field-missing'],
    because: 'a template of all fields without a value: the API server takes none of them for written',
  },
  'faq 4': {
    codes: ['delegation-no-root'],
    because:
      "the page's route delegates to test/backend, the name of the Canary; Flagger names its VirtualService after the target, test/podinfo, so nobody delegates to it",
  },
  'tutorials-gatewayapi-progressive-delivery 4': {
    codes: ['builtin-on-gatewayapi', 'builtin-on-gatewayapi'],
    because:
      'the built-in metrics of this provider ask for http_request_duration_seconds of the application with the labels kubernetes_namespace and kubernetes_pod_name, which no gateway exports; the page defines MetricTemplates for its other examples',
  },
};

const pages = present ? readdirSync(folder).filter((file) => file.endsWith('.yaml')) : [];
const examples = pages.flatMap((page) => examplesOf(page).map(([example, inputs]) => ({ page, example, inputs })));

test('a folder that is named exists and has pages', () => {
  expect(process.env.AVIARY_FLAGGER_DOCS === undefined || present).toBe(true);
  expect(pages.length > 0).toBe(present);
});

(present ? describe : describe.skip)(
  `examples of Flagger's documentation (${present ? 'found' : 'none at AVIARY_FLAGGER_DOCS'})`,
  () => {
    test('every justified error belongs to an example', () => {
      expect(Object.keys(wouldFail).filter((name) => !examples.some(({ example }) => example === name))).toEqual([]);
    });

    // A table needs a row even where the folder is absent.
    test.each(present ? examples : [{ page: '', example: 'none', inputs: [] }])(
      '$example: no false alarm',
      ({ page, example, inputs }) => {
        const { findings } = runPreflight(buildWorld(inputs, assumedWorld(page)));
        const errors = findings.filter(({ severity }) => severity === 'error');
        const codes = wouldFail[example]?.codes ?? [];
        expect(errors.map(({ code, message }) => (codes.includes(code) ? code : `${code}: ${message}`))).toEqual(codes);
      },
    );
  },
);
