import { loadCatalog } from '../../lib/catalog';
import type { KubeObject } from '../../lib/kube';
import { ApiError } from '../lib/kube-client';
import { readTree } from '../lib/manifests';
import { synthTree } from '../lib/synth';
import type { Tier } from '../lib/tier';
import { ensureNamespaces } from './acceptance';

const title = 'Bad values';

type Path = readonly (string | number)[];

interface BadValue {
  readonly name: string;
  /** Where the catalog says it, below the service `web`; from the root when the first part is `/`. */
  readonly catalog: Path;
  readonly value: unknown;
  /** The object that would carry it, and where. */
  readonly object: readonly [kind: string, name: string];
  readonly path: Path;
  /** When the object's value differs from the catalog's. */
  readonly written?: unknown;
  /** The API server takes it; why we don't. */
  readonly stricter?: string;
}

const container: Path = ['spec', 'template', 'spec', 'containers', 0];
const deployment = ['Deployment', 'web'] as const;
const autoscaler = ['HorizontalPodAutoscaler', 'web'] as const;
const canary = ['Canary', 'paid'] as const;

const table: readonly BadValue[] = [
  {
    name: 'CPU quantity "100 m"',
    catalog: ['resources', 'requests', 'cpu'],
    value: '100 m',
    object: deployment,
    path: [...container, 'resources', 'requests', 'cpu'],
  },
  {
    name: 'memory quantity "64MB"',
    catalog: ['resources', 'requests', 'memory'],
    value: '64MB',
    object: deployment,
    path: [...container, 'resources', 'requests', 'memory'],
  },
  {
    name: 'negative CPU',
    catalog: ['resources', 'requests', 'cpu'],
    value: '-1',
    object: deployment,
    path: [...container, 'resources', 'requests', 'cpu'],
  },
  {
    name: 'request above limit',
    catalog: ['resources', 'requests', 'memory'],
    value: '2Gi',
    object: deployment,
    path: [...container, 'resources', 'requests', 'memory'],
  },
  {
    name: 'port 0',
    catalog: ['ports', 0, 'targetPort'],
    value: 0,
    object: deployment,
    path: [...container, 'ports', 0, 'containerPort'],
  },
  {
    name: 'port 70000',
    catalog: ['ports', 0, 'port'],
    value: 70000,
    object: ['Service', 'web'],
    path: ['spec', 'ports', 0, 'port'],
  },
  {
    name: "port name of 64 characters, one more than a Service's may have",
    catalog: ['ports', 0, 'name'],
    value: `http-${'a'.repeat(59)}`,
    object: ['Service', 'web'],
    path: ['spec', 'ports', 0, 'name'],
  },
  {
    name: 'name with capitals',
    catalog: ['name'],
    value: 'Web',
    object: ['Service', 'web'],
    path: ['metadata', 'name'],
  },
  {
    name: 'name with a dot',
    catalog: ['name'],
    value: 'web.site',
    object: ['Service', 'web'],
    path: ['metadata', 'name'],
  },
  {
    name: 'name of 60 characters, 68 with -primary',
    catalog: ['/', 'services', 1, 'name'],
    value: 'w'.repeat(60),
    object: ['Service', 'web'],
    path: ['metadata', 'name'],
    written: `${'w'.repeat(60)}-primary`,
  },
  {
    name: 'label key with a space',
    catalog: ['labels', 'a b'],
    value: 'x',
    object: deployment,
    path: ['metadata', 'labels', 'a b'],
  },
  {
    name: 'label value of 64 characters',
    catalog: ['labels', 'team'],
    value: 'x'.repeat(64),
    object: deployment,
    path: ['metadata', 'labels', 'team'],
  },
  {
    name: 'label value with a slash',
    catalog: ['labels', 'team'],
    value: 'a/b',
    object: deployment,
    path: ['metadata', 'labels', 'team'],
  },
  {
    name: 'annotation key with two slashes',
    catalog: ['annotations', 'a/b/c'],
    value: 'x',
    object: deployment,
    path: ['metadata', 'annotations', 'a/b/c'],
  },
  {
    name: 'environment variable with "="',
    catalog: ['env', 'A=B'],
    value: 'x',
    object: deployment,
    path: [...container, 'env', 0, 'name'],
    written: 'A=B',
  },
  { name: 'negative replicas', catalog: ['replicas'], value: -1, object: deployment, path: ['spec', 'replicas'] },
  { name: 'replicas 1.5', catalog: ['replicas'], value: 1.5, object: deployment, path: ['spec', 'replicas'] },
  {
    name: 'probe period 0',
    catalog: ['probes', 'readiness', 'periodSeconds'],
    value: 0,
    object: deployment,
    path: [...container, 'readinessProbe', 'periodSeconds'],
    stricter: 'the API server replaces 0 by the default: a value that is not what was written',
  },
  {
    name: 'negative probe timeout',
    catalog: ['probes', 'readiness', 'timeoutSeconds'],
    value: -1,
    object: deployment,
    path: [...container, 'readinessProbe', 'timeoutSeconds'],
  },
  {
    name: 'liveness probe with successThreshold 2',
    catalog: ['probes', 'liveness', 'successThreshold'],
    value: 2,
    object: deployment,
    path: [...container, 'livenessProbe', 'successThreshold'],
  },
  {
    name: 'autoscaler with min above max',
    catalog: ['autoscaling', 'minReplicas'],
    value: 9,
    object: autoscaler,
    path: ['spec', 'minReplicas'],
  },
  {
    name: 'autoscaler with max 0',
    catalog: ['autoscaling', 'maxReplicas'],
    value: 0,
    object: autoscaler,
    path: ['spec', 'maxReplicas'],
  },
  {
    name: 'CPU target 0 %',
    catalog: ['autoscaling', 'cpuUtilizationPercent'],
    value: 0,
    object: autoscaler,
    path: ['spec', 'metrics', 0, 'resource', 'target', 'averageUtilization'],
  },
  {
    name: 'budget "half"',
    catalog: ['disruptionBudget', 'maxUnavailable'],
    value: 'half',
    object: ['PodDisruptionBudget', 'web'],
    path: ['spec', 'maxUnavailable'],
  },
  {
    name: 'grace period below 0',
    catalog: ['terminationGracePeriodSeconds'],
    value: -1,
    object: deployment,
    path: ['spec', 'template', 'spec', 'terminationGracePeriodSeconds'],
    stricter: 'the API server reads a negative grace period as one second: not what was written',
  },
  {
    name: 'user -1',
    catalog: ['securityContext', 'runAsUser'],
    value: -1,
    object: deployment,
    path: ['spec', 'template', 'spec', 'securityContext', 'runAsUser'],
  },
  {
    name: 'node selector value with a space',
    catalog: ['nodeSelector', 'disk'],
    value: 'fast ssd',
    object: deployment,
    path: ['spec', 'template', 'spec', 'nodeSelector'],
    written: { disk: 'fast ssd' },
  },
  {
    name: 'toleration of no known effect',
    catalog: ['tolerations'],
    value: [{ key: 'a', operator: 'Exists', effect: 'Never' }],
    object: deployment,
    path: ['spec', 'template', 'spec', 'tolerations'],
  },
  {
    name: 'spread over no skew',
    catalog: ['topologySpread'],
    value: [{ maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
    object: deployment,
    path: ['spec', 'template', 'spec', 'topologySpreadConstraints'],
  },
  {
    name: 'relative mount path',
    catalog: ['volumes', 0, 'mountPath'],
    value: 'a:b',
    object: deployment,
    path: [...container, 'volumeMounts', 0, 'mountPath'],
    stricter: 'the API server leaves the path to the kubelet, where the container would not start',
  },
  {
    name: 'volume name with capitals',
    catalog: ['volumes', 0, 'name'],
    value: 'Data',
    object: deployment,
    path: ['spec', 'template', 'spec', 'volumes', 0, 'name'],
  },
  {
    name: 'volume size "1 GB"',
    catalog: ['volumes', 0, 'emptyDir', 'sizeLimit'],
    value: '1 GB',
    object: deployment,
    path: ['spec', 'template', 'spec', 'volumes', 0, 'emptyDir', 'sizeLimit'],
  },
  {
    name: 'image with a space',
    catalog: ['image', 'repository'],
    value: 'my image',
    object: deployment,
    path: [...container, 'image'],
    written: ' my image:1',
    stricter: 'the API server looks at no image name: the pull would fail',
  },
  { name: 'unknown field', catalog: ['replica'], value: 2, object: deployment, path: ['spec', 'replica'] },
  {
    name: 'canary interval "1 minute"',
    catalog: ['/', 'services', 1, 'canary', 'interval'],
    value: 'one minute',
    object: canary,
    path: ['spec', 'analysis', 'interval'],
  },
  {
    name: 'canary threshold as text',
    catalog: ['/', 'services', 1, 'canary', 'threshold'],
    value: 'five',
    object: canary,
    path: ['spec', 'analysis', 'threshold'],
  },
  {
    name: 'step weight 150',
    catalog: ['/', 'services', 1, 'canary', 'stepWeight'],
    value: 150,
    object: canary,
    path: ['spec', 'analysis', 'stepWeight'],
    stricter: 'the definition has no bounds: Flagger would stall or jump (its nextStep)',
  },
  {
    name: 'webhook of an unknown type',
    catalog: ['/', 'services', 1, 'canary', 'webhooks'],
    value: [{ name: 'x', type: 'before', url: 'http://x.shop/' }],
    object: canary,
    path: ['spec', 'analysis', 'webhooks'],
  },
  {
    name: 'mirror weight 101',
    catalog: ['/', 'services', 1, 'canary', 'mirrorWeight'],
    value: 101,
    object: canary,
    path: ['spec', 'analysis', 'mirrorWeight'],
    stricter: 'the definition has no bounds: Istio refuses the route that Flagger writes',
  },
  {
    name: 'Flux mode of no kind',
    catalog: ['/', 'clusters', 0, 'flux', 'mode'],
    value: 'argo',
    object: ['Kustomization', 'apps-wave-0'],
    path: ['spec', 'sourceRef', 'kind'],
  },
  {
    name: 'GitOps interval "often"',
    catalog: ['/', 'platform', 'gitops', 'interval'],
    value: 'often',
    object: ['GitRepository', 'flux-system'],
    path: ['spec', 'interval'],
  },
  {
    name: 'GitOps url of a file',
    catalog: ['/', 'platform', 'gitops', 'url'],
    value: 'file:///tree',
    object: ['GitRepository', 'flux-system'],
    path: ['spec', 'url'],
  },
  {
    name: 'namespace with an underscore',
    catalog: ['/', 'platform', 'namespace'],
    value: 'my_shop',
    object: ['Namespace', 'shop'],
    path: ['metadata', 'name'],
  },
  {
    name: 'tracing of 200 %',
    catalog: ['/', 'platform', 'observability'],
    value: { tracingSamplingPercent: 200 },
    object: ['Telemetry', 'default'],
    path: ['spec', 'tracing'],
    written: [{ randomSamplingPercentage: 200 }],
  },
];

const base = {
  platform: {
    namespace: 'shop',
    registry: 'registry.example.com/shop',
    observability: { tracingSamplingPercent: 1 },
    gitops: { url: 'https://gitlab.example.com/shop/gitops.git', interval: '1m' },
  },
  clusters: [{ name: 'test', domain: 'example.com', flux: { mode: 'gotk' } }],
  services: [
    {
      name: 'web',
      image: { tag: '1' },
      ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'http' }],
      env: { MODE: 'x' },
      resources: { requests: { cpu: '50m', memory: '32Mi' }, limits: { cpu: '100m', memory: '64Mi' } },
      probes: { readiness: { http: { path: '/' } }, liveness: { tcp: {} } },
      autoscaling: { minReplicas: 2, maxReplicas: 4, cpuUtilizationPercent: 70 },
      disruptionBudget: { maxUnavailable: 1 },
      labels: { team: 'shop' },
      volumes: [{ name: 'data', mountPath: '/data', emptyDir: { sizeLimit: '1Gi' } }],
      canary: false,
    },
    {
      name: 'paid',
      image: { tag: '1' },
      ports: [{ port: 80, targetPort: 8080, protocol: 'http' }],
      traffic: { requestsPerSecond: 10 },
      canary: { interval: '1m', threshold: 5, stepWeight: 10, maxWeight: 50 },
    },
  ],
};

/** What our schema refuses the API server refuses too, or the table says why we are stricter; and nothing passes ours and fails theirs. */
export async function runBadValues({ root, folder, reporter, client }: Tier): Promise<void> {
  if (!reporter.isWanted(title)) return;
  let objects: ReturnType<typeof readTree> = [];
  const ready = await reporter.step(title, 'the catalog without a bad value passes both', async () => {
    const { findings } = loadCatalog(JSON.stringify(base), 'services.json');
    const errors = findings.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
    objects = readTree(await synthTree(root, folder, 'bad-values', base));
    await ensureNamespaces(client, objects);
    for (const row of table) {
      const { object } = carrier(objects, row);
      // `web` has an autoscaler: a replica count of its own would be theirs to fight over.
      await client.apply(object, { dryRun: true });
    }
  });
  if (!ready) return;
  for (const row of table) {
    await reporter.step(title, row.name, async (say) => {
      const root = row.catalog[0] === '/';
      const path = root ? row.catalog.slice(1) : ['services', 0, ...row.catalog];
      const { findings } = loadCatalog(JSON.stringify(withValue(base, path, row.value)), 'services.json');
      const ours = findings.find(({ severity }) => severity === 'error');
      const object = withValue(carrier(objects, row).object, row.path, row.written ?? row.value);
      let theirs = '';
      try {
        await client.apply(object, { dryRun: true });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        theirs = error.message;
      }
      say(`ours: ${ours ? `${ours.message} [${ours.code}]` : 'taken'}`);
      say(`theirs: ${theirs || `taken${row.stricter ? `; ${row.stricter}` : ''}`}`);
      if (!ours) throw new Error('our schema takes it');
      if (!theirs && !row.stricter) throw new Error('the API server takes it, and nothing says why we are stricter');
      if (theirs && row.stricter) throw new Error('the table says that we are stricter, and we are not');
    });
  }
}

function carrier(objects: ReturnType<typeof readTree>, { object: [kind, name] }: BadValue): { object: KubeObject } {
  const found = objects.find(({ object }) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`the tree has no ${kind} ${name}`);
  return found;
}

/** A copy with one value set; what is missing on the way is made. */
export function withValue<T>(data: T, path: Path, value: unknown): T {
  const copy = structuredClone(data);
  let at = copy as Record<string | number, unknown>;
  path.slice(0, -1).forEach((key, index) => {
    at[key] ??= typeof path[index + 1] === 'number' ? [] : {};
    at = at[key] as Record<string | number, unknown>;
  });
  at[path.at(-1) ?? ''] = value;
  return copy;
}
