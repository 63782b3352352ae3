import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../kube';
import { buildWorld, describeEntry } from '.';

const world = (text: string) =>
  buildWorld(
    parseAllDocuments(text).map((document) => ({ object: document.toJS() as KubeObject, place: { file: 'a.yaml' } })),
  );

const settings = `meshConfig: {rootNamespace: mesh, trustDomain: example.org}
    sidecarInjectorWebhook: {enableNamespacesByDefault: true}`;

test.each([
  [
    'HelmRelease istio-system/istiod',
    '/spec/values/meshConfig/trustDomain',
    `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: istiod, namespace: istio-system}
spec:
  chart: {spec: {chart: istiod}}
  values:
    ${settings}`,
  ],
  [
    'Istio default',
    '/spec/values/meshConfig/trustDomain',
    `apiVersion: sailoperator.io/v1
kind: Istio
metadata: {name: default}
spec:
  namespace: istio-system
  values:
    ${settings}`,
  ],
  [
    'IstioOperator istio-system/control-plane',
    '/spec/meshConfig/trustDomain',
    `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: gateways, namespace: istio-system}
spec: {profile: empty}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: control-plane, namespace: istio-system}
spec:
  meshConfig: {rootNamespace: mesh, trustDomain: example.org}
  values: {sidecarInjectorWebhook: {enableNamespacesByDefault: true}}`,
  ],
  [
    'ConfigMap istio-system/istio-stable',
    '/data/mesh',
    `apiVersion: v1
kind: ConfigMap
metadata: {name: istio-stable, namespace: istio-system}
data:
  mesh: |-
    rootNamespace: mesh
    trustDomain: example.org
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio-sidecar-injector-stable, namespace: istio-system}
data:
  values: '{"sidecarInjectorWebhook": {"enableNamespacesByDefault": true}}'`,
  ],
])('reads the settings of Istio from %s', (name, pointer, text) => {
  const { istio, istioRootNamespace } = world(text);
  expect(istio.entry && describeEntry(istio.entry)).toBe(name);
  expect(istio.meshConfig).toEqual({ rootNamespace: 'mesh', trustDomain: 'example.org' });
  expect(istio.meshConfigPointer('trustDomain')).toBe(pointer);
  expect(istio.injectsByDefault).toBe(true);
  expect(istioRootNamespace).toBe('mesh');
});

test.each([
  ['nothing', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}'],
  [
    'another Istio',
    'apiVersion: example.com/v1\nkind: Istio\nmetadata: {name: a}\nspec: {values: {meshConfig: {a: 1}}}',
  ],
  [
    'a text that is no YAML',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio}\ndata: {mesh: "a: [", values: "{"}',
  ],
  ['a text that is no map', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio}\ndata: {mesh: "- a"}'],
])('knows nothing of %s', (_, text) => {
  const { istio, istioRootNamespace } = world(text);
  expect(istio.meshConfig).toEqual({});
  expect(istio.injectsByDefault).toBe(false);
  expect(istioRootNamespace).toBe('istio-system');
});

const namespaceWith = (annotation: string) =>
  `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, annotations: {${annotation}: enabled}}`;
const gatewayOfIstio =
  'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [a]}';

test.each([
  ['nothing', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}', 'istio'],
  ['namespaces with the proxy of Linkerd', namespaceWith('linkerd.io/inject'), 'linkerd'],
  ['namespaces with the proxy of Kuma', namespaceWith('kuma.io/sidecar-injection'), 'kuma'],
  [
    'the control plane of Linkerd',
    'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: l, namespace: linkerd}\nspec: {chart: {spec: {chart: linkerd-control-plane}}}',
    'linkerd',
  ],
  ['objects of Istio too', `${namespaceWith('linkerd.io/inject')}\n---\n${gatewayOfIstio}`, 'istio'],
])('without an installation of Flagger assumes by %s the provider %s', (_, text, provider) => {
  expect(world(text).flagger.meshProvider).toMatchObject({ value: provider, certainty: 'assumed' });
});

test.each([
  ['the environment beside it', '[{name: MESH, value: linkerd}]', 'linkerd', 'known'],
  ['an environment that is elsewhere', '[]', 'istio', 'assumed'],
])('reads a flag that names a variable by %s', (_, env, value, certainty) => {
  const text = `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: flagger, namespace: flagger-system}\nspec: {template: {spec: {containers: [{name: flagger, image: "ghcr.io/fluxcd/flagger:1.44.0", args: ["-mesh-provider=$(MESH)"], env: ${env}}]}}}`;
  expect(world(text).flagger.meshProvider).toMatchObject({ value, certainty });
});

const flaggerOf = (image: string) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: flagger, namespace: flagger-system}\nspec: {template: {spec: {containers: [{name: flagger, image: "${image}"}]}}}`;
const chartOf = (version: string) =>
  `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: flagger, namespace: flagger-system}\nspec: {chart: {spec: {chart: flagger, version: "${version}"}}}`;

test.each([
  ['a tag', flaggerOf('ghcr.io/fluxcd/flagger:1.30.0'), '1.30.0'],
  ['a tag with a digest', flaggerOf('ghcr.io/fluxcd/flagger:1.30.0@sha256:abc'), '1.30.0'],
  ['no tag', flaggerOf('ghcr.io/fluxcd/flagger'), undefined],
  ['the version of a chart', chartOf('1.44.0'), '1.44.0'],
  ['a range of versions', chartOf('1.x'), undefined],
])("knows Flagger's version by %s", (_, text, version) => {
  expect(world(text).flagger.version).toBe(version);
});

const prometheusOf = (config: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: p}\ndata: {prometheus.yml: ${JSON.stringify(config)}}`;

test.each([
  ['a configuration', 'global: {scrape_interval: 20s}', 20, 'known'],
  ['one that leaves the interval to Prometheus', 'scrape_configs: [{job_name: a}]', 60, 'known'],
  ['a part of one', 'global:', 15, 'assumed'],
])('reads the interval of %s', (_, config, value, certainty) => {
  expect(world(prometheusOf(config)).scrapeInterval).toMatchObject({ value, certainty });
});
