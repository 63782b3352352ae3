import type { KubeObject } from '../../kube';
import { examine } from '../examine';

type Fields = Readonly<Record<string, unknown>>;
const object = (
  apiVersion: string,
  kind: string,
  name: string,
  fields: Fields = {},
  namespace: string | null = 'shop',
) =>
  ({
    apiVersion,
    kind,
    metadata: { name, ...(namespace === null ? {} : { namespace }) },
    ...fields,
  }) as unknown as KubeObject;
const flagger = (namespace: string, tag: string, args: readonly string[] = []) =>
  object(
    'apps/v1',
    'Deployment',
    'flagger',
    {
      spec: {
        selector: { matchLabels: { app: 'flagger' } },
        template: {
          metadata: { labels: { app: 'flagger' } },
          spec: { containers: [{ name: 'flagger', image: `ghcr.io/fluxcd/flagger:${tag}`, args }] },
        },
      },
      status: { readyReplicas: 1 },
    },
    namespace,
  );
const pod = (name: string, app: string, isReady = true) =>
  object('v1', 'Pod', name, {
    metadata: { name, namespace: 'shop', labels: { app } },
    status: { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
  });
const service = (name: string) =>
  object('v1', 'Service', name, { spec: { selector: { app: name }, ports: [{ port: 443 }] } });
const policy = (failurePolicy?: string, resources = ['pods']) =>
  object(
    'admissionregistration.k8s.io/v1',
    'ValidatingWebhookConfiguration',
    'policy',
    {
      webhooks: [
        {
          name: 'check.policy.example.com',
          clientConfig: { service: { namespace: 'shop', name: 'policy' } },
          ...(failurePolicy ? { failurePolicy } : {}),
          rules: [{ operations: ['CREATE'], resources }],
        },
      ],
    },
    null,
  );
const claim = (spec: Fields = {}) =>
  object('v1', 'PersistentVolumeClaim', 'data', { spec, status: { phase: 'Pending' } });
const storageClass = (name: string, annotations: Record<string, string> = {}) =>
  object('storage.k8s.io/v1', 'StorageClass', name, { metadata: { name, annotations } }, null);
const canary = object('flagger.app/v1beta1', 'Canary', 'cart', {
  spec: {
    provider: 'istio',
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' },
    service: { port: 80 },
    analysis: { interval: '1m', threshold: 5, iterations: 3, webhooks: [{ name: 'load', url: 'http://load.shop/' }] },
  },
});
const definition = (version: string) =>
  object(
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    'canaries.flagger.app',
    { spec: { versions: [{ name: version, served: true }] } },
    null,
  );
const prometheus = (namespace: string) =>
  object(
    'apps/v1',
    'StatefulSet',
    'prometheus',
    { spec: { template: { spec: { containers: [{ image: 'quay.io/prometheus/prometheus:v3.1.0' }] } } } },
    namespace,
  );
const istiod = (name: string, revision: string) =>
  object('apps/v1', 'Deployment', name, {
    metadata: { name, namespace: 'istio-system', labels: { 'istio.io/rev': revision } },
    spec: { template: { spec: { containers: [{ image: 'docker.io/istio/pilot:1.31.0' }] } } },
  });

const network = (name: string, image: string, args: readonly string[] = []) =>
  object(
    'apps/v1',
    'DaemonSet',
    name,
    {
      spec: {
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec: { containers: [{ name, image, args }] } },
      },
    },
    'kube-system',
  );
const denial = object('networking.k8s.io/v1', 'NetworkPolicy', 'default-deny', {
  spec: { podSelector: { matchLabels: { app: 'cart' } }, policyTypes: ['Ingress'] },
});

/** Codes of this room; preflight has its own tests. */
const OWN = /^(flagger-|version-|definition-|istio-installed|several-|admission-|webhook-unanswered|storage-|network-)/;
const said = (objects: readonly KubeObject[], more: { kubernetes?: string } = {}) =>
  examine({
    objects: objects.map((one, document) => ({ object: one, origin: { file: 'cluster', document } })),
    ...more,
  })
    .findings.filter(({ code }) => OWN.test(code))
    .map(({ code, severity, message }) => `${severity} ${code}: ${message}`);

test.each<[string, KubeObject[], string[], { kubernetes?: string }?]>([
  [
    'policies that nobody enforces',
    [flagger('flagger-system', '1.44.0'), denial, network('kube-flannel-ds', 'ghcr.io/flannel-io/flannel:v0.27.0')],
    [
      'warning network-policy-not-enforced: DaemonSet kube-system/kube-flannel-ds connects the pods, and nothing enforces the NetworkPolicies, such as NetworkPolicy shop/default-deny',
    ],
  ],
  [
    'policies, and Calico beside flannel',
    [
      flagger('flagger-system', '1.44.0'),
      denial,
      network('kube-flannel-ds', 'ghcr.io/flannel-io/flannel:v0.27.0'),
      network('calico-node', 'docker.io/calico/node:v3.30.0'),
    ],
    [],
  ],
  ['one Flagger that runs', [flagger('flagger-system', '1.44.0')], [], { kubernetes: 'v1.36.1' }],
  [
    'a Flagger without a pod',
    [{ ...flagger('flagger-system', '1.44.0'), status: {} }],
    ['error flagger-not-running: Deployment flagger-system/flagger has no ready pod: no rollout begins or goes on'],
  ],
  [
    'versions that are not known',
    [flagger('flagger-system', '1.20.0')],
    [
      'info version-unknown: Flagger 1.20.0 runs; what is said here is known of 1.44',
      'info version-unknown: Kubernetes v1.29.3-gke.1 runs; the trees are tried on 1.34 to 1.36',
    ],
    { kubernetes: 'v1.29.3-gke.1' },
  ],
  [
    'two Flaggers for all namespaces',
    [flagger('flagger-system', '1.44.0'), flagger('istio-system', '1.44.0')],
    [
      'error flagger-installed-twice: Deployment flagger-system/flagger and Deployment istio-system/flagger both act on the Canaries of all namespaces',
    ],
  ],
  [
    'one for all, one for a namespace',
    [flagger('flagger-system', '1.44.0'), flagger('shop', '1.44.0', ['-namespace=shop'])],
    [
      'error flagger-installed-twice: Deployment shop/flagger and Deployment flagger-system/flagger both act on the Canaries of namespace "shop"',
    ],
  ],
  [
    'one a namespace',
    [flagger('shop', '1.44.0', ['-namespace=shop']), flagger('bank', '1.44.0', ['-namespace=bank'])],
    [],
  ],
  ['a definition that serves what is read', [definition('v1beta1')], []],
  [
    'a definition of old',
    [definition('v1alpha3')],
    ['error definition-old: the definition of canaries.flagger.app serves v1alpha3, not v1beta1'],
  ],
  [
    'two Prometheus',
    [prometheus('monitoring'), prometheus('istio-system')],
    [
      'info several-prometheus: Prometheus is installed 2 times: StatefulSet monitoring/prometheus, StatefulSet istio-system/prometheus',
    ],
  ],
  ['two revisions of Istio', [istiod('istiod-1', '1-30'), istiod('istiod-2', '1-31')], []],
  [
    'two Istios of one revision',
    [istiod('istiod', 'default'), istiod('istiod-old', 'default')],
    [
      'warning istio-installed-twice: istiod is installed 2 times: Deployment istio-system/istiod, Deployment istio-system/istiod-old',
    ],
  ],
  ['a webhook that is answered', [policy(), service('policy'), pod('policy-1', 'policy')], []],
  [
    'a webhook whose pod is not ready',
    [policy(), service('policy'), pod('policy-1', 'policy', false)],
    [
      'error admission-webhook-unanswered: admission webhook "check.policy.example.com" is asked about pods, and Service shop/policy, which answers for it, has no ready pod',
    ],
  ],
  [
    'a webhook whose Service is gone',
    [policy('Fail', ['deployments', 'ingresses']), pod('other', 'other')],
    [
      'error admission-webhook-unanswered: admission webhook "check.policy.example.com" is asked about deployments, and Service shop/policy, which answers for it, has no ready pod',
    ],
  ],
  ['one that may fail', [policy('Ignore'), pod('other', 'other')], []],
  ['one about something else', [policy('Fail', ['certificates']), pod('other', 'other')], []],
  ['a dump without pods tells nothing of who answers', [policy(), service('policy')], []],
  [
    'a load tester without a pod',
    [canary, service('load'), pod('other', 'other')],
    ['error webhook-unanswered: webhook "load" of Canary "cart" calls Service shop/load, which has no ready pod'],
  ],
  ['a load tester that runs', [canary, service('load'), pod('load-1', 'load')], []],
  [
    'a claim of a class that is not there',
    [claim({ storageClassName: 'fast' }), storageClass('standard')],
    ['error storage-class-missing: PersistentVolumeClaim "data" waits for storage class "fast", which is not there'],
  ],
  [
    'a claim without a class, and no default',
    [claim(), storageClass('standard')],
    [
      'error storage-class-missing: PersistentVolumeClaim "data" waits for the default storage class, and no class is the default',
    ],
  ],
  [
    'a claim without a class, and a default',
    [claim(), storageClass('standard', { 'storageclass.kubernetes.io/is-default-class': 'true' })],
    [],
  ],
  ['a dump without storage classes', [claim({ storageClassName: 'fast' })], []],
])('%s', (_, objects, expected, more = {}) => {
  expect(said(objects, more)).toEqual(expected);
});
