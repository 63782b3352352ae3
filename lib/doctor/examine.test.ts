import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject, WrittenObject } from '../kube';
import { rules } from '../preflight';
import { examine } from './examine';
import { symptoms } from './symptoms';

const EXAMPLE = join(__dirname, '../../examples/seed-failure');

/** The objects of a folder of the example, as a cluster holds them. */
function example(folder: 'manifests' | 'cured'): KubeObject[] {
  const root = join(EXAMPLE, folder);
  return (readdirSync(root, { recursive: true }) as string[])
    .filter((name) => /\.ya?ml$/.test(name) && !name.endsWith('kustomization.yaml'))
    .sort()
    .flatMap((name) => parseAllDocuments(readFileSync(join(root, name), 'utf8')).map((one) => one.toJS() as KubeObject))
    .filter((object) => object?.kind !== undefined && !object.apiVersion.startsWith('kustomize.config'));
}

const written = (objects: readonly KubeObject[]): WrittenObject[] =>
  objects.map((object, document) => ({ object, origin: { file: 'dump.yaml', document } }));

const NAMESPACE = 'microservices-demo';
const isCanary = ({ kind }: KubeObject) => kind === 'Canary';

/** As Flagger leaves a cluster: a status, its own objects with their owner, the target at zero pods, an apex Service that leads to the primary. */
function live(objects: readonly KubeObject[], status: Record<string, unknown>, ...events: string[]): WrittenObject[] {
  const canary = objects.find(isCanary)!;
  const { name } = canary.metadata;
  const owner = [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name, uid: 'u', controller: true }];
  const target = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name)!;
  const made = (kind: string, apiVersion: string, suffix: string, spec: unknown): KubeObject => ({
    apiVersion,
    kind,
    metadata: { name: `${name}${suffix}`, namespace: NAMESPACE, ownerReferences: owner, uid: `${kind}${suffix}` },
    spec,
  });
  const service = (suffix: string, app: string) =>
    made('Service', 'v1', suffix, { selector: { app }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] });
  return written([
    ...objects
      .filter(({ kind, metadata }) => !(kind === 'Service' && metadata.name === name))
      .map((object) => {
        if (object === canary) return { ...object, status };
        return object === target
          ? { ...object, spec: { ...(object.spec as object), replicas: 0 }, status: { replicas: 0 } }
          : object;
      }),
    { ...target, metadata: { ...target.metadata, name: `${name}-primary`, ownerReferences: owner } },
    service('', `${name}-primary`),
    service('-primary', `${name}-primary`),
    service('-canary', name),
    made('VirtualService', 'networking.istio.io/v1beta1', '', {
      hosts: [name],
      http: [{ route: [{ destination: { host: `${name}-primary` } }] }],
    }),
    ...events.map((message, index) => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `e${index}`, namespace: NAMESPACE },
      involvedObject: { kind: 'Canary', namespace: NAMESPACE, name },
      type: 'Warning',
      reason: 'Synced',
      message,
      lastTimestamp: `2026-11-30T10:0${index}:00Z`,
    })),
  ]);
}

const NO_VALUES =
  'Halt advancement no values found for istio metric request-success-rate probably frontend.microservices-demo is not receiving traffic: running query failed: no values found';

test('names the cause of the canary that failed, from what the cluster holds', () => {
  const { findings } = examine({
    name: 'production',
    objects: live(
      example('manifests'),
      {
        phase: 'Failed',
        failedChecks: 0,
        conditions: [{ type: 'Promoted', status: 'False', message: 'Canary analysis failed' }],
      },
      NO_VALUES,
      'Rolling back frontend.microservices-demo failed checks threshold reached 5',
      'Canary failed! Scaling down frontend.microservices-demo',
    ),
  });
  const [failed] = findings.filter(({ code }) => code === 'canary-failed');
  expect(failed).toMatchObject({
    severity: 'error',
    place: { file: 'dump.yaml', object: 'Canary microservices-demo/frontend', cluster: 'production' },
    message: `Canary "frontend" failed: the query of a metric has no value (Flagger: ${NO_VALUES})`,
  });
  expect(failed!.cause).toMatch(/^most likely first: 1\. .*\[ingress-bypasses-vs\]/);
  expect(failed!.because?.[0]).toMatch(/^ingress-bypasses-vs@/);
  expect(failed!.fix).toBe(findings.find(({ code }) => code === 'ingress-bypasses-vs')!.fix);
});

test('what is wrong in another namespace explains nothing, though the names are the same', () => {
  const elsewhere = JSON.parse(JSON.stringify(live(example('manifests'), { phase: 'Initialized' }))) as WrittenObject[];
  const here = JSON.stringify(live(example('cured'), { phase: 'Failed' }, NO_VALUES)).replaceAll(NAMESPACE, 'bank');
  const { findings } = examine({ objects: [...elsewhere, ...(JSON.parse(here) as WrittenObject[])] });
  const [failed] = findings.filter(({ code }) => code === 'canary-failed');
  expect(failed?.place.object).toBe('Canary bank/frontend');
  expect(findings.some(({ code }) => code === 'ingress-bypasses-vs')).toBe(true);
  expect(failed?.cause).not.toContain('ingress-bypasses-vs');
});

test('says nothing of a sound one: what Flagger makes is no clash', () => {
  const { findings, canaries } = examine({ objects: live(example('cured'), { phase: 'Succeeded', failedChecks: 0 }) });
  expect(canaries).toBe(1);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(findings.filter(({ code }) => code === 'canary-failed')).toEqual([]);
});

test.each([
  [
    'a webhook',
    'Halt frontend.x advancement external check load-test failed Post "http://flagger-loadtester.test/": dial tcp: lookup failed',
    'a webhook has failed',
  ],
  [
    'errors',
    'Halt frontend.x advancement success rate 57.10% < 99%',
    'too many answers of the new version were errors',
  ],
  [
    'errors by a query of one’s own',
    'Halt frontend.x advancement http-success-rate 0.00 < 99',
    'too many answers of the new version were errors',
  ],
  [
    'a metric of one’s own',
    'Halt frontend.x advancement queue-depth 120.50 > 100',
    'a metric of the new version was out of its range',
  ],
  ['latency', 'Halt frontend.x advancement request duration 2.5s > 500ms', 'the new version answers too slowly'],
  [
    'Prometheus',
    'Prometheus query failed: running query failed: request failed: Get "http://p:9090": dial tcp 10.0.0.1:9090: connect: connection refused',
    'Flagger cannot reach its metric store',
  ],
  [
    'pods',
    'canary deployment frontend.x not ready: waiting for rollout to finish: 0 of 1 (readyThreshold 100%) updated replicas are available',
    'the pods do not get ready',
  ],
])('reads what Flagger says of %s', (_, message, what) => {
  const { findings } = examine({ objects: live(example('cured'), { phase: 'Failed' }, message) });
  expect(findings.find(({ code }) => code === 'canary-failed')!.message).toBe(
    `Canary "frontend" failed: ${what} (Flagger: ${message})`,
  );
});

test('what kubelet and the scheduler say of its pods stands first', () => {
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'frontend-6d4cf56db6-abcde', namespace: NAMESPACE },
    status: {
      containerStatuses: [
        { name: 'server', state: { waiting: { reason: 'ImagePullBackOff', message: 'no such tag' } } },
      ],
    },
  };
  const objects = live(
    example('cured'),
    { phase: 'Failed' },
    'canary deployment frontend.x not ready: exceeded its progress deadline',
  );
  const { findings } = examine({ objects: [...objects, ...written([pod])] });
  expect(findings.find(({ code }) => code === 'canary-failed')!.cause).toBe(
    'most likely first: 1. container server is waiting: ImagePullBackOff, no such tag',
  );
});

test('a Canary of which nothing is left to read is said to be one', () => {
  const { findings } = examine({ objects: live(example('cured'), { phase: 'Failed' }) });
  expect(findings.find(({ code }) => code === 'canary-failed')!.message).toBe('Canary "frontend" failed');
});

test('a symptom names rules that exist', () => {
  const ids = new Set(rules.map(({ id }) => id));
  expect(symptoms.flatMap((symptom) => symptom.rules.filter((rule) => !ids.has(rule)))).toEqual([]);
});
