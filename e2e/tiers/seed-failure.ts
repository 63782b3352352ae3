import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { KubeObject } from '../../lib/kube';
import { type CanaryRef, canaryEvents, followRollouts, waitForPhase } from '../lib/canaries';
import { applyAll, type KubeClient } from '../lib/kube-client';
import { readTree, sortForApply } from '../lib/manifests';
import type { Tier } from '../lib/tier';
import { run } from '../lib/tools';
import type { Stream } from '../mesh/routes';
import { type DoctorCase, runDoctor } from './doctor';
import type { FluxParts } from './flux';

export const title = 'Not receiving traffic';

/** A Prometheus that scrapes nothing of the mesh: somebody else's. */
export const emptyPrometheus = 'prometheus-elsewhere.monitoring';

type Json = Record<string, unknown>;

/** One cause of the message, as a world that has it and the same world without it. */
interface Pair {
  readonly name: string;
  readonly broken: World;
  readonly cured: World;
  /** Preflight must name this in the broken world and not in the cured one. Absent: not knowable from objects, or no rule yet. */
  readonly code?: string;
  /** What doctor sees on the cluster where no rule can: the words of the most likely cause. */
  readonly seen?: RegExp;
}

interface World {
  readonly objects: (namespace: string) => KubeObject[];
  readonly streams: (namespace: string) => Stream[];
  /** Tag of the new image. */
  readonly tag?: string;
}

const message =
  /^Halt advancement no values found for (istio|kubernetes) metric request-success-rate probably frontend\.\S+ is not receiving traffic: (running query failed: )?no values found$/;

const inMesh = (namespace: string): Stream => ({
  from: { workload: 'loadgenerator', namespace },
  host: 'frontend',
  port: 80,
  requestsPerSecond: 20,
  inMesh: true,
});

/** The first user's shop as examples/seed-failure holds it: its own names, but a namespace and Flagger's shortest interval. */
function example(root: string, folder: 'manifests' | 'cured'): (namespace: string) => KubeObject[] {
  const objects = readTree(join(root, 'examples', 'seed-failure', folder)).map(({ object }) => object);
  return (namespace) =>
    objects
      .filter(({ kind, metadata }) => !isInstallation(kind, metadata.namespace ?? metadata.name))
      .map((object) => (object.kind === 'Canary' ? shortened(object) : object))
      .map((object) => JSON.parse(JSON.stringify(object).replaceAll('microservices-demo', namespace)) as KubeObject);
}

/** Prometheus and Flagger run as processes. */
function isInstallation(kind: string, namespace: string): boolean {
  return ['HelmRelease', 'HelmRepository', 'OCIRepository'].includes(kind) || namespace !== 'microservices-demo';
}

function shortened(canary: KubeObject): KubeObject {
  const spec = canary.spec as { analysis: { metrics: Json[] } };
  const metrics = spec.analysis.metrics.map((metric) => ({ ...metric, interval: '10s' }));
  const analysis = { ...spec.analysis, interval: '10s', threshold: 2, stepWeight: 25, metrics };
  return { ...canary, spec: { ...spec, analysis } };
}

interface Shop {
  readonly caller?: boolean;
  readonly callerLabels?: Readonly<Record<string, string>>;
  /** Of the namespace. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly service?: Json;
  readonly analysis?: Json;
  readonly metric?: Json;
  readonly spec?: Json;
  readonly more?: (namespace: string) => KubeObject[];
}

const callerOf = (namespace: string, labels: Readonly<Record<string, string>>): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'loadgenerator', namespace },
  spec: {
    selector: { matchLabels: { app: 'loadgenerator' } },
    template: {
      metadata: { labels: { app: 'loadgenerator', ...labels } },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'registry.example.com/loadgenerator:1.0.0',
            env: [{ name: 'FRONTEND_ADDR', value: 'frontend:80' }],
          },
        ],
      },
    },
  },
});

/** A frontend with a Canary, called from inside the mesh. */
function shop({
  caller = true,
  callerLabels = {},
  labels = { 'istio-injection': 'enabled' },
  service = {},
  analysis = {},
  metric = {},
  spec = {},
  more = () => [],
}: Shop): World['objects'] {
  return (namespace) => {
    const objects: KubeObject[] = [
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'frontend', namespace },
        spec: {
          selector: { matchLabels: { app: 'frontend' } },
          template: {
            metadata: { labels: { app: 'frontend' } },
            spec: {
              containers: [
                { name: 'server', image: 'registry.example.com/frontend:1.0.0', ports: [{ containerPort: 8080 }] },
              ],
            },
          },
        },
      },
      ...(caller ? [callerOf(namespace, callerLabels)] : []),
      {
        apiVersion: 'flagger.app/v1beta1',
        kind: 'Canary',
        metadata: { name: 'frontend', namespace },
        spec: {
          targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'frontend' },
          ...spec,
          service: { port: 80, targetPort: 8080, ...service },
          analysis: {
            interval: '10s',
            threshold: 2,
            stepWeight: 25,
            maxWeight: 50,
            metrics: [{ name: 'request-success-rate', interval: '10s', thresholdRange: { min: 99 }, ...metric }],
            ...analysis,
          },
        },
      },
      ...more(namespace),
    ];
    return JSON.parse(JSON.stringify(objects).replaceAll(here, namespace)) as KubeObject[];
  };
}

/** Stands for the namespace of a world. */
const here = '@namespace@';

/** One command of the load tester, at the canary itself. */
const load = (type: 'pre-rollout' | 'rollout', seconds: number) => ({
  name: 'load',
  type,
  url: `http://flagger-loadtester.${here}/`,
  metadata: { type: 'cmd', cmd: `hey -z ${seconds}s -q 5 -c 2 http://frontend-canary.${here}:80/` },
});

/** What the commands run in: in the namespace of the world, so that its proxy is the mesh's. */
const loadTester = (namespace: string): KubeObject[] => {
  const metadata = { name: 'flagger-loadtester', namespace };
  const labels = { app: 'flagger-loadtester' };
  const image = 'ghcr.io/fluxcd/flagger-loadtester:0.38.0';
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'loadtester', image, ports: [{ containerPort: 8080 }] }] },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    },
  ];
};

const ambient = { 'istio.io/dataplane-mode': 'ambient' };

/** Ambient as it must be: a waypoint, routes that it reads, and a query for what it reports. */
const ambientCured: Shop = {
  labels: { ...ambient, 'istio.io/use-waypoint': 'waypoint' },
  spec: { provider: 'gatewayapi:v1' },
  service: { gatewayRefs: [{ group: '', kind: 'Service', name: 'frontend', port: 80 }] },
  metric: { name: 'waypoint-success-rate', templateRef: { name: 'waypoint-success-rate' } },
  more: (namespace) => [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'waypoint', namespace, labels: { 'istio.io/waypoint-for': 'service' } },
      spec: {
        gatewayClassName: 'istio-waypoint',
        listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }],
      },
    },
    {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'MetricTemplate',
      metadata: { name: 'waypoint-success-rate', namespace },
      spec: {
        provider: { type: 'prometheus', address: 'http://prometheus-prometheus.monitoring:9090' },
        query: waypointQuery,
      },
    },
  ],
};

const waypointQuery = (() => {
  const of = (more: string): string =>
    `sum(rate(istio_requests_total{reporter="waypoint",destination_workload_namespace="{{ namespace }}",destination_workload="{{ target }}"${more}}[{{ interval }}]))`;
  return `(${of(',response_code!~"5.*"')} or vector(0)) / ${of('')} * 100`;
})();

const called = (namespace: string): Stream[] => [inMesh(namespace)];
const sound: World = { objects: shop({}), streams: called };

function pairs(root: string): Pair[] {
  const throughTheGateway = (namespace: string): Stream[] => [
    {
      from: { workload: 'istio-ingressgateway', namespace: 'istio-system' },
      gateway: `${namespace}/frontend-gateway`,
      host: 'shop.example.com',
      port: 80,
      requestsPerSecond: 20,
      inMesh: true,
    },
  ];
  return [
    {
      name: 'ingress-bypasses-the-route',
      code: 'ingress-bypasses-vs',
      broken: { objects: example(root, 'manifests'), streams: throughTheGateway },
      cured: { objects: example(root, 'cured'), streams: throughTheGateway },
    },
    {
      name: 'nobody-calls',
      code: 'no-inbound-edge',
      broken: { objects: shop({ caller: false }), streams: () => [] },
      cured: sound,
    },
    {
      name: 'caller-without-proxy',
      code: 'caller-not-in-mesh',
      broken: {
        objects: shop({ callerLabels: { 'sidecar.istio.io/inject': 'false' } }),
        streams: (namespace) => [{ ...inMesh(namespace), inMesh: false }],
      },
      cured: sound,
    },
    {
      name: 'pods-without-proxy',
      code: 'sidecar-not-injected',
      broken: { ...sound, objects: shop({ labels: {} }) },
      cured: sound,
    },
    {
      name: 'port-is-tcp',
      code: 'tcp-no-http-metrics',
      broken: { ...sound, objects: shop({ service: { portName: 'tcp' } }) },
      cured: sound,
    },
    {
      name: 'every-answer-is-an-error',
      seen: /^all of the \d+ requests that reached the new version in the last 1h were answered with 5xx/,
      broken: { ...sound, tag: '2.0.0-broken' },
      cured: sound,
    },
    {
      name: 'window-below-two-scrapes',
      code: 'interval-lt-2-scrapes',
      broken: { ...sound, objects: shop({ metric: { interval: '2s' } }) },
      cured: sound,
    },
    {
      name: 'queries-of-another-provider',
      code: 'builtin-on-kubernetes',
      broken: {
        ...sound,
        objects: shop({
          spec: { provider: 'kubernetes' },
          analysis: { iterations: 3, stepWeight: undefined, maxWeight: undefined },
        }),
      },
      cured: sound,
    },
    {
      name: 'another-prometheus',
      seen: /^http:\/\/prometheus-elsewhere\.monitoring:9090 has no series istio_requests_total at all/,
      broken: { ...sound, objects: shop({ spec: { metricsServer: `http://${emptyPrometheus}:9090` } }) },
      cured: sound,
    },
    {
      name: 'one-burst-then-silence',
      code: 'loadtest-ends-early',
      broken: {
        objects: shop({
          caller: false,
          metric: { interval: '10s' },
          analysis: { webhooks: [load('pre-rollout', 3)] },
          more: loadTester,
        }),
        streams: () => [],
      },
      cured: {
        objects: shop({
          caller: false,
          metric: { interval: '10s' },
          analysis: { webhooks: [load('pre-rollout', 15), { ...load('rollout', 15), name: 'more-load' }] },
          more: loadTester,
        }),
        streams: () => [],
      },
    },
    {
      name: 'ambient-without-waypoint',
      code: 'ambient-mode',
      broken: { ...sound, objects: shop({ labels: ambient }) },
      cured: { ...sound, objects: shop(ambientCured) },
    },
    {
      name: 'blue-green-without-load',
      code: 'bluegreen-no-load',
      broken: { ...sound, objects: shop({ analysis: { iterations: 3, stepWeight: undefined, maxWeight: undefined } }) },
      cured: {
        ...sound,
        objects: shop({ analysis: { iterations: 3, stepWeight: undefined, maxWeight: undefined, mirror: true } }),
      },
    },
  ];
}

/** What no manifest of these worlds says: the harness runs Prometheus and Flagger itself. */
const facts = ['--scrape-interval', '2s', '--mesh-provider', 'istio'];

/** Codes of the errors that preflight reports on a world, without being told what is wrong with it. */
async function preflight(
  root: string,
  folder: string,
  name: string,
  objects: readonly KubeObject[],
): Promise<string[]> {
  const place = join(folder, `preflight-${name}`);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'world.yaml'), objects.map((object) => stringify(object)).join('---\n'));
  const program = [join(root, 'bin', 'aviary.js'), 'preflight', '--manifests', place, '--format', 'json', ...facts];
  // Its exit code tells of findings: the report is on stdout all the same.
  const text = await run('sh', ['-c', '"$0" "$@" || [ $? -eq 1 ]', process.execPath, ...program], { cwd: root });
  const { findings } = JSON.parse(text) as { findings: { code: string; severity: string }[] };
  return findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code);
}

/** The message that this project began with, out of each cause that can be imitated; and gone once the cause is. */
export async function runSeedFailure(
  tier: Tier,
  { mesh, reading }: Pick<FluxParts, 'mesh' | 'reading'>,
): Promise<void> {
  const { root, folder, reporter, client } = tier;
  if (!reporter.isWanted(title)) return;
  const worlds = pairs(root).flatMap((pair) =>
    (['broken', 'cured'] as const).map((state) => ({
      pair,
      state,
      namespace: `${pair.name}-${state}`,
      world: pair[state],
    })),
  );
  mesh.streams.push(...worlds.flatMap(({ world, namespace }) => world.streams(namespace)));
  const refs: CanaryRef[] = worlds.map(({ namespace }) => ({ namespace, name: 'frontend' }));
  const ready = await reporter.step(title, 'every Canary becomes Initialized, the broken ones too', async () => {
    for (const { world, namespace } of worlds) {
      const objects = world.objects(namespace).map((object) => ({ object }));
      const { refusals } = await applyAll(client, sortForApply(objects));
      if (refusals.length > 0) throw new Error(refusals.map((one) => `${one.object}: ${one.message}`).join('\n'));
    }
    for (const ref of refs) await waitForPhase(client, ref, ['Initialized'], 180);
  });
  if (!ready) return;
  let ended: Awaited<ReturnType<typeof followRollouts>> = new Map();
  await reporter.step(title, 'a new image everywhere', async (say) => {
    for (const { world, namespace } of worlds) await setImage(client, namespace, world.tag ?? '2.0.0');
    ended = await followRollouts(client, refs, 300);
    say(`${ended.size} of ${refs.length} rollouts ended`);
  });
  for (const { pair, state, namespace, world } of worlds) {
    await reporter.step(title, `${pair.name}, ${state}`, async (say) => {
      const events = await canaryEvents(client, { namespace, name: 'frontend' });
      const halt = events.find((event) => message.test(event));
      say(`Flagger: ${ended.get(`${namespace}/frontend`)?.phase ?? 'no end'}${halt ? `; ${halt}` : ''}`);
      const codes = await preflight(root, folder, namespace, world.objects(namespace));
      say(`preflight: ${codes.join(', ') || 'no findings'}`);
      const phase = ended.get(`${namespace}/frontend`)?.phase;
      if (state === 'broken') {
        if (phase !== 'Failed' || !halt)
          throw new Error(`expected Failed with the message; last: ${events.slice(-3).join(' / ')}`);
        if (pair.code && codes[0] !== pair.code) throw new Error(`preflight does not name ${pair.code} first`);
      } else {
        if (phase !== 'Succeeded') throw new Error(`expected Succeeded; last: ${events.slice(-3).join(' / ')}`);
        if (pair.code && codes.includes(pair.code)) throw new Error(`preflight still names ${pair.code}`);
      }
    });
  }
  const cases = worlds.map(
    ({ pair: { name, code, seen }, state, namespace }): DoctorCase => ({
      namespace,
      name: `${name}, ${state}`,
      ...(state === 'broken' ? { cause: code ?? seen } : {}),
    }),
  );
  await runDoctor(tier, reading, title, cases);
}

async function setImage(client: KubeClient, namespace: string, tag: string): Promise<void> {
  const deployment = await client.get('apps/v1', 'Deployment', namespace, 'frontend');
  const [container] = (deployment?.spec.template.spec.containers ?? []) as { name: string; image: string }[];
  if (!container) throw new Error(`there is no Deployment ${namespace}/frontend`);
  const image = container.image.replace(/:[^:/]*$/, `:${tag}`);
  const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }];
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/frontend`;
  await client.call('PATCH', path, JSON.stringify(patch), 'application/json-patch+json');
}
