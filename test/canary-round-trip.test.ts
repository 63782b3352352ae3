import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { canaryRolloutProps } from '../lib/constructs';
import { specSchemas } from '../lib/flagger';
import type { KubeObject, StructuralSchema } from '../lib/kube';
import { canariesBelow, otherRoundTrip, overlayTable, roundTrip } from '../tools/canary-round-trip';

const docs = join(__dirname, '../../shared/conformance/flagger-docs');
const canary = (spec: object, metadata: object = {}): KubeObject =>
  ({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec,
  }) as KubeObject;
const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const analysis = { interval: '30s', threshold: 3, stepWeight: 20, maxWeight: 60 };

(existsSync(docs) ? test : test.skip)(
  'every whole Canary of the documentation comes back, and nothing needs `spec`',
  () => {
    const trips = [...canariesBelow(docs)].map(({ place, manifest }) => roundTrip(manifest, place));
    const whole = trips.filter(({ manifest }) => {
      const { targetRef, analysis, service } = (manifest as unknown as { spec: Record<string, unknown> }).spec;
      return targetRef !== undefined && analysis !== undefined && service !== undefined;
    });
    expect(whole.length).toBeGreaterThan(20);
    expect(
      whole.filter(({ isSame }) => !isSame).map(({ place, refused, difference }) => [place, refused ?? difference]),
    ).toEqual([]);
    expect([...overlayTable(whole)]).toEqual([]);
  },
);

(existsSync(docs) ? test : test.skip)(
  'every whole MetricTemplate and AlertProvider of the documentation comes back',
  () => {
    const all = [...canariesBelow(docs, ['MetricTemplate', 'AlertProvider'])];
    expect(all.length).toBeGreaterThan(10);
    const isWhole = (manifest: KubeObject) =>
      manifest.kind === 'AlertProvider' || typeof (manifest as { spec?: { query?: unknown } }).spec?.query === 'string';
    const whole = all.filter(({ manifest }) => isWhole(manifest));
    const said = whole.flatMap(({ manifest }) => {
      const difference = otherRoundTrip(manifest);
      return difference === undefined ? [] : [difference];
    });
    expect(said).toEqual([
      'AlertProvider "on-call": exactly one of address and secretName must be said',
      'MetricTemplate "not-found": store.address is missing: InfluxDB needs it',
      'MetricTemplate "success-rate": store.address "https://api.<REALM>.signalfx.com" is not an http address',
    ]);
  },
);

test.each<[string, KubeObject, string[]]>([
  [
    'Istio, all of a service',
    canary(
      {
        provider: 'istio',
        targetRef,
        progressDeadlineSeconds: 60,
        revertOnDeletion: false,
        suspend: true,
        metricsServer: 'http://prometheus:9090',
        autoscalerRef: {
          apiVersion: 'keda.sh/v1alpha1',
          kind: 'ScaledObject',
          name: 'web',
          primaryScalerQueries: { a: 'b' },
          primaryScalerReplicas: { minReplicas: 1 },
        },
        service: {
          name: 'front',
          port: 80,
          targetPort: 'web',
          portName: 'http',
          appProtocol: 'kubernetes.io/h2c',
          portDiscovery: true,
          headless: false,
          trafficDistribution: 'PreferClose',
          timeout: '5s',
          retries: { attempts: 3, perTryTimeout: '1s', retryOn: '5xx' },
          gateways: ['mesh', 'istio-system/public'],
          hosts: ['a.example.com'],
          delegation: false,
          trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } },
          match: [{ uri: { prefix: '/' } }],
          rewrite: { uri: '/' },
          headers: { request: { add: { a: 'b' } } },
          corsPolicy: { allowOrigins: [{ exact: 'https://a.example.com' }], maxAge: '24h' },
          apex: { labels: { a: 'b' } },
          primary: { annotations: { a: 'b' } },
          canary: {},
          unmanagedMetadata: { labels: ['a'] },
        },
        analysis: {
          ...analysis,
          stepWeightPromotion: 50,
          primaryReadyThreshold: 50,
          canaryReadyThreshold: 60,
          sessionAffinity: { cookieName: 'a', primaryCookieName: 'b', maxAge: 5, sameSite: 'Lax', secure: true },
          metrics: [
            { name: 'request-success-rate', thresholdRange: { min: 99 }, interval: '1m' },
            {
              name: 'latency',
              templateRef: { name: 'latency', namespace: 'flagger' },
              templateVariables: { a: 'b' },
              thresholdRange: { max: 1, min: 0 },
            },
            { name: 'old', query: 'up', threshold: 1 },
          ],
          webhooks: [
            {
              name: 'gate',
              type: 'confirm-rollout',
              url: 'http://gate/',
              timeout: '1m',
              retries: 2,
              muteAlert: true,
              disableTLS: true,
              metadata: { a: 'b' },
            },
            { name: 'plain', url: 'http://a.b/' },
          ],
          alerts: [
            { name: 'dev', severity: 'warn', providerRef: { name: 'slack', namespace: 'flagger' } },
            { name: 'b', providerRef: { name: 'x' } },
          ],
        },
      },
      { labels: { app: 'web' }, annotations: { note: 'x' } },
    ),
    [],
  ],
  ['no provider: the installation has one', canary({ targetRef, service: { port: 80 }, analysis }), []],
  [
    'ingress-nginx by the installation',
    canary({
      targetRef,
      ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'web' },
      service: { port: 80 },
      analysis,
    }),
    [],
  ],
  [
    'Gloo',
    canary({
      provider: 'gloo',
      targetRef,
      upstreamRef: { apiVersion: 'gloo.solo.io/v1', kind: 'Upstream', name: 'web', namespace: 'gloo' },
      service: { port: 80 },
      analysis,
    }),
    [],
  ],
  [
    'APISIX',
    canary({
      provider: 'apisix',
      targetRef,
      routeRef: { apiVersion: 'apisix.apache.org/v2', kind: 'ApisixRoute', name: 'web' },
      service: { port: 80 },
      analysis,
    }),
    [],
  ],
  [
    'Gateway API',
    canary({
      provider: 'gatewayapi:v1',
      targetRef,
      service: {
        port: 80,
        gatewayRefs: [{ name: 'gw', namespace: 'infra', sectionName: 'a' }],
        mirror: [{ backendRef: { name: 'b', port: 80 } }],
      },
      analysis: { interval: '1m', threshold: 1, iterations: 2, mirror: true },
    }),
    [],
  ],
  [
    'Knative',
    canary({
      provider: 'knative',
      targetRef: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'web' },
      analysis,
    }),
    [],
  ],
  [
    'another name than the target, a DaemonSet',
    canary({ targetRef: { ...targetRef, kind: 'DaemonSet', name: 'node' }, service: { port: 80 }, analysis }),
    [],
  ],
  [
    'a field that does not exist',
    canary({ targetRef, service: { port: 80, prot: 1 }, analysis }),
    ['spec.service.prot'],
  ],
  [
    'bounds that are empty, and a template beside a query',
    canary({
      targetRef,
      service: { port: 80 },
      analysis: {
        ...analysis,
        metrics: [
          { name: 'request-duration', thresholdRange: {} },
          { name: 'both', query: 'up', templateRef: { name: 'up' }, thresholdRange: { max: 1 } },
          { name: 'latency', templateRef: { name: 'latency' }, thresholdRange: { max: 1 }, interval: '1m' },
        ],
      },
    }),
    [],
  ],
  [
    'addresses in place of hosts, which Istio takes',
    canary({
      targetRef,
      service: { port: 80, gateways: ['public'], hosts: ['172.19.255.200', '2001:db8::1', 'Web.Example.com'] },
      analysis,
    }),
    [],
  ],
  [
    'braces that are not those of a chart',
    canary(
      {
        targetRef,
        service: { port: 80 },
        analysis: {
          ...analysis,
          metrics: [{ name: 'up', query: 'up{app="{{ target }}"}', thresholdRange: { min: 1 } }],
          webhooks: [{ name: 'a', url: 'http://a/', metadata: { cmd: "kubectl get po -o go-template='{{.items}}'" } }],
        },
      },
      { annotations: { note: '{{ target }}' } },
    ),
    [],
  ],
  [
    'fields that are null',
    canary({
      targetRef,
      provider: null,
      service: { port: 80, hosts: null },
      analysis: { ...analysis, metrics: null, webhooks: [{ name: 'a', url: 'http://a/', metadata: null }] },
    }),
    [],
  ],
  [
    'a webhook whose type is empty',
    canary({
      targetRef,
      service: { port: 80 },
      analysis: { ...analysis, webhooks: [{ name: 'a', type: '', url: 'http://a/' }] },
    }),
    [],
  ],
])('comes back: %s', (_, manifest, overlay) => {
  const trip = roundTrip(manifest);
  expect([trip.refused, trip.difference]).toEqual([undefined, undefined]);
  expect(trip.reading.overlay).toEqual(overlay);
});

test.each<[string, object, string]>([
  ['no target', { service: { port: 80 }, analysis }, 'target is missing'],
  [
    'the old name of the analysis',
    { targetRef, service: { port: 80 }, canaryAnalysis: analysis },
    'analysis is missing, and canaryAnalysis is its old name (the definition of Canary refuses it): rename canaryAnalysis to analysis',
  ],
  [
    'a number as a text',
    { targetRef, service: { port: '80' }, analysis },
    'port.port "80" is not taken (the definition of Canary refuses it): write a number',
  ],
  [
    'weights that fall',
    { targetRef, service: { port: 80 }, analysis: { interval: '1m', threshold: 1, stepWeights: [50, 20] } },
    'analysis.stepWeights [50,20] must increase strictly, from 1 to 100',
  ],
  [
    'two strategies',
    { targetRef, service: { port: 80 }, analysis: { ...analysis, iterations: 2 } },
    'write exactly one of iterations, stepWeight, stepWeights',
  ],
  [
    'nginx without an Ingress',
    { provider: 'nginx', targetRef, service: { port: 80 }, analysis },
    'provider.ingressRef is missing',
  ],
  [
    'a metric without a source',
    {
      targetRef,
      service: { port: 80 },
      analysis: { ...analysis, metrics: [{ name: 'errors', thresholdRange: { max: 1 } }] },
    },
    'metrics[0] the metric "errors" has no templateRef',
  ],
  [
    'every host, by the Gateway API',
    {
      provider: 'gatewayapi:v1',
      targetRef,
      service: { port: 80, gatewayRefs: [{ name: 'gw' }], hosts: ['*'] },
      analysis,
    },
    'service.hosts[0] "*" is no name for the Gateway API',
  ],
  [
    'capitals in a host, by the Gateway API',
    {
      provider: 'gatewayapi:v1',
      targetRef,
      service: { port: 80, gatewayRefs: [{ name: 'gw' }], hosts: ['Web.example.com'] },
      analysis,
    },
    'service.hosts[0] "Web.example.com" must consist of lower case letters',
  ],
  [
    'half a weight',
    { targetRef, service: { port: 80 }, analysis: { ...analysis, stepWeight: 2.5 } },
    'analysis.stepWeight 2.5 is no whole number',
  ],
])('refused by name: %s', (_, spec, message) => {
  const { refused } = roundTrip(canary(spec));
  expect(refused).toContain(message);
});

test.each<[string, object, string]>([
  ['text', { targetRef: { ...targetRef, name: '{{ .Values.name }}' } }, 'spec.targetRef.name'],
  [
    'without quotes',
    { analysis: { interval: { '{ .Values.interval }': null }, threshold: { '[object Object]': null } } },
    'spec.analysis.interval, spec.analysis.threshold',
  ],
  [
    'many',
    { service: { hosts: ['{{ a }}', '{{ b }}', '{{ c }}', '{{ d }}'] } },
    'spec.service.hosts[0], spec.service.hosts[1], spec.service.hosts[2] and 1 more',
  ],
])('the template of a Canary: %s', (_, spec, places) => {
  expect(roundTrip(canary(spec)).refused).toBe(
    `the template of a Canary: fill in ${places} first, as "helm template" does`,
  );
});

test.each<[string, KubeObject, string | undefined]>([
  [
    'a MetricTemplate with all that a store takes',
    {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'MetricTemplate',
      metadata: { name: 'errors', namespace: 'shop' },
      spec: {
        provider: {
          type: 'prometheus',
          address: 'https://prometheus.example.com',
          secretRef: { name: 'prometheus' },
          insecureSkipVerify: true,
          headers: { 'X-Scope-OrgID': ['shop'] },
        },
        query: 'up{app="{{ target }}"}',
      },
    } as KubeObject,
    undefined,
  ],
  [
    'an AlertProvider',
    {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'AlertProvider',
      metadata: { name: 'team' },
      spec: { type: 'slack', channel: 'a', username: 'b', proxy: 'http://p:80', secretRef: { name: 'slack' } },
    } as KubeObject,
    undefined,
  ],
  [
    'one with a field that does not exist',
    {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'AlertProvider',
      metadata: { name: 'team' },
      spec: { type: 'slack', address: 'https://hooks.example.com/a', iconEmoji: ':bird:' },
    } as KubeObject,
    'AlertProvider "team": iconEmoji does not exist; there are name, namespace, type, channel, username, address, secretName, proxy',
  ],
  [
    'the template of one',
    {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'MetricTemplate',
      metadata: { name: 'errors' },
      spec: { provider: { type: 'prometheus', address: '{{ .Values.address }}' }, query: 'up' },
    } as KubeObject,
    'the template of a MetricTemplate: fill in spec.provider.address first, as "helm template" does',
  ],
  [
    'no such kind',
    { apiVersion: 'v1', kind: 'AlertProvider', metadata: { name: 'a' } } as KubeObject,
    'no AlertProvider of Flagger: apiVersion "v1", kind "AlertProvider"',
  ],
])('%s', (_, manifest, said) => {
  expect(otherRoundTrip(manifest)).toBe(said);
});

test('no Canary', () => {
  expect(() => canaryRolloutProps({ apiVersion: 'apps/v1', kind: 'Deployment' })).toThrow(
    'no Canary of Flagger: apiVersion "apps/v1", kind "Deployment"',
  );
});

/** Any value that the definition takes, and now and then one that it does not. */
function anyOf(schema: StructuralSchema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema['x-kubernetes-int-or-string'])
    return fc.oneof(fc.integer({ min: 1, max: 9000 }), fc.constantFrom('http', 'web'));
  switch (schema.type ?? (schema.properties ? 'object' : '')) {
    case 'object': {
      const properties = schema.properties ?? {};
      if (schema.additionalProperties)
        return fc.dictionary(fc.constantFrom('a', 'x-user', 'b/c'), anyOf(schema.additionalProperties), {
          maxKeys: 2,
        });
      return fc.record(Object.fromEntries(Object.entries(properties).map(([name, own]) => [name, anyOf(own)])), {
        requiredKeys: [...(schema.required ?? [])],
      });
    }
    case 'array':
      return fc.array(anyOf(schema.items ?? {}), { maxLength: 3 });
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return fc.oneof(
        { weight: 20, arbitrary: fc.integer({ min: 1, max: 100 }) },
        { weight: 1, arbitrary: fc.constantFrom(0, -1, 2.5, 1000) },
      );
    default:
      return fc.constantFrom('30s', '1m', 'web', 'http://a.example.com/', 'A b', '');
  }
}

test('whatever a Canary holds: it comes back, or the refusal names a property', () => {
  fc.assert(
    fc.property(anyOf(specSchemas.Canary), fc.boolean(), (spec, isSimple) => {
      // Most of what is random is refused for its strategy: half of the runs have one that works.
      const manifest = canary(
        isSimple
          ? {
              ...(spec as object),
              targetRef,
              analysis,
              service: { ...(spec as { service?: object }).service, port: 80 },
            }
          : (spec as object),
      );
      const trip = roundTrip(JSON.parse(JSON.stringify(manifest)));
      if (trip.refused !== undefined) expect(trip.refused).toMatch(/^CanaryRollout "web": [a-zA-Z]+[\w.[\]"/-]* /);
      else expect(trip.difference).toBeUndefined();
    }),
    { seed: 21, numRuns: 120 },
  );
});
