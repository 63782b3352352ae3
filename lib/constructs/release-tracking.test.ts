import { App, Chart, JsonPatch, Testing } from 'cdk8s';
import type { KubeObject } from '../kube';
import type { CanaryRolloutProps } from './canary/props';
import { CanaryRollout } from './canary-rollout';
import { ManifestFile } from './manifest-file';
import { MicroserviceRelease } from './microservice-release';
import type { MicroserviceReleaseProps } from './release/props';
import { trackedChecksum } from './release-tracking';

interface Options {
  readonly release?: Partial<MicroserviceReleaseProps>;
  readonly rollout?: Partial<CanaryRolloutProps>;
  /** As a catalog's patches: after rendering. */
  readonly change?: (object: any) => unknown;
  /** cdk8s's own patches of the Deployment. */
  readonly jsonPatches?: readonly JsonPatch[];
}

const base: MicroserviceReleaseProps = {
  image: 'registry.example.com/cart:1.2.3',
  canaried: true,
  ports: [{ port: 7070, protocol: 'grpc' }],
  env: { B: '2', A: { secretKeyRef: { name: 's', key: 'k' } } },
  resources: { limits: { memory: '1Gi', cpu: '1' } },
  probes: { readiness: { grpc: {} }, liveness: { http: { path: '/', headers: { b: '1', a: '2' } } } },
  config: [{ mountPath: '/etc/cart', files: { 'b.yaml': 'x: <y>\n', 'a.yaml': '' } }],
  volumes: [{ name: 'tmp', mountPath: '/tmp', emptyDir: { sizeLimit: '1Gi', medium: 'Memory' } }],
  initContainers: [{ name: 'wait', image: 'busybox:1', command: ['true'], env: { Z: '1' } }],
  tolerations: [{ operator: 'Exists', key: 'a' }],
  topologySpread: [{ whenUnsatisfiable: 'ScheduleAnyway', topologyKey: 'zone', maxSkew: 1 }],
  podAnnotations: { b: '1', a: '2' },
};

function fill(chart: Chart, { release = {}, rollout = {}, jsonPatches = [] }: Options): void {
  const cart = new MicroserviceRelease(chart, 'cart', { ...base, ...release });
  cart.deployment.addJsonPatch(...jsonPatches);
  new CanaryRollout(chart, 'rollout', {
    name: 'cart',
    port: { port: 7070, protocol: 'grpc' },
    release: cart,
    ...rollout,
  });
}

function file(options: Options = {}): KubeObject[] {
  const chart = new ManifestFile(new App({ outdir: 'unused' }), 'cart', { path: 'cart.yaml', namespace: 'shop' });
  fill(chart, options);
  const { change } = options;
  if (change) chart.transformations.push((object) => change(structuredClone(object)));
  return chart.toJson() as KubeObject[];
}

const find = (objects: readonly KubeObject[], kind: string, name = 'cart'): any =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);
const digestIn = (objects: readonly KubeObject[]): string => find(objects, 'ConfigMap', 'cart.release').data.digest;
const checksumIn = (objects: readonly KubeObject[]): string =>
  find(objects, 'Canary').metadata.annotations['aviary.dev/release-checksum'];
const onDeployment = (edit: (deployment: any) => void) => (object: any) => {
  if (object.kind === 'Deployment') edit(object);
  return object;
};

/** Printed by Go 1.26: sha256.Sum256 of json.Marshal of a map[string]string, its first 8 bytes as %x, as Flagger 1.44 does it. */
test.each([
  [{ digest: 'sha256:efe2c24fd20c1209f64ffb60ac5892af361315cdbbfb012cc8f99c151ce70c4b' }, '5a242c7e6c18e09e'],
  [{ b: '2', a: '1' }, '21f76dfbfe6dfe21'],
])('the checksum of %j is the one that Flagger computes', (data, expected) => {
  expect(trackedChecksum(data)).toBe(expected);
});

test('a canaried release brings a tracked ConfigMap that no container mounts, and the Canary its checksum', () => {
  const objects = file();
  const { template } = find(objects, 'Deployment').spec;
  expect(template.spec.volumes.at(-1)).toEqual({ name: 'aviary-release', configMap: { name: 'cart.release' } });
  expect(JSON.stringify(template.spec.containers)).not.toContain('aviary-release');
  expect(digestIn(objects)).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(checksumIn(objects)).toBe(trackedChecksum({ digest: digestIn(objects) }));
});

test('without a canary there is neither', () => {
  const chart = new ManifestFile(new App({ outdir: 'unused' }), 'cart', { path: 'cart.yaml' });
  new MicroserviceRelease(chart, 'cart', { image: 'registry.example.com/cart:1' });
  expect(JSON.stringify(chart.toJson())).not.toContain('release"');
});

test('a Canary without a release has no checksum', () => {
  expect(checksumIn(file({ rollout: { release: undefined } }))).toBeUndefined();
});

test.each<[string, Options]>([
  ['the image', { release: { image: 'registry.example.com/cart:1.2.4' } }],
  ['the environment', { release: { env: { A: 'b' } } }],
  ['configuration', { release: { config: [{ mountPath: '/etc/cart', files: { 'a.yaml': 'changed' } }] } }],
  ['an annotation of the pods', { release: { podAnnotations: { a: '3' } } }],
  [
    'a patch of the pod template',
    { change: onDeployment(({ spec }) => (spec.template.spec.containers[0].image = 'registry.example.com/cart:9')) },
  ],
  [
    'a patch of configuration',
    {
      change: (object) => (object.metadata.name === 'cart-etc-cart' ? { ...object, data: { a: 'patched' } } : object),
    },
  ],
])('the digest follows %s', (_, options) => {
  expect(digestIn(file(options))).not.toBe(digestIn(file()));
  expect(checksumIn(file(options))).toBe(trackedChecksum({ digest: digestIn(file(options)) }));
});

test.each<[string, Options]>([
  ['the number of pods', { release: { replicas: 3 } }],
  ['the autoscaler', { release: { autoscaling: { minReplicas: 2, maxReplicas: 9 } } }],
  ['labels and annotations of the objects', { release: { labels: { team: 'a' }, annotations: { note: 'b' } } }],
  ['the disruption budget', { release: { disruptionBudget: { maxUnavailable: 1 } } }],
  ['the deadline', { release: { progressDeadlineSeconds: 77 } }],
  ['the analysis', { rollout: { analysis: { interval: '2m', threshold: 9 } } }],
  ['the order of keys', { release: { env: { A: base.env!.A!, B: '2' } } }],
  ['a patch outside the pod template', { change: onDeployment(({ spec }) => (spec.minReadySeconds = 5)) }],
  [
    'a patch that puts keys in another order',
    {
      change: onDeployment(({ spec }) => {
        const { metadata, ...rest } = spec.template;
        spec.template = { ...rest, metadata };
      }),
    },
  ],
])('the digest does not follow %s', (_, options) => {
  expect(digestIn(file(options))).toBe(digestIn(file()));
});

test('configuration that Flagger is told not to track does not count', () => {
  const untracked = (data: unknown) => (object: any) =>
    object.metadata.name === 'cart-etc-cart'
      ? {
          ...object,
          data,
          metadata: { ...object.metadata, annotations: { 'flagger.app/config-tracking': 'disabled' } },
        }
      : object;
  expect(digestIn(file({ change: untracked({ a: '1' }) }))).toBe(digestIn(file({ change: untracked({ a: '2' }) })));
});

test('a patch that drops the volume drops the checksum: Flagger would never report it', () => {
  const objects = file({ change: onDeployment(({ spec }) => delete spec.template.spec.volumes) });
  expect(checksumIn(objects)).toBeUndefined();
  expect(find(objects, 'Canary').metadata.annotations['aviary.dev/rollout-duration']).toBeDefined();
});

test('a patch can leave the checksum out', () => {
  const change = (object: any) => {
    if (object.kind === 'Canary') delete object.metadata.annotations['aviary.dev/release-checksum'];
    return object;
  };
  expect(checksumIn(file({ change }))).toBeUndefined();
});

describe('in charts of cdk8s', () => {
  const plain = (options: Options = {}): KubeObject[] => {
    const chart = new Chart(new App({ outdir: 'unused' }), 'cart', { namespace: 'shop' });
    fill(chart, options);
    return Testing.synth(chart) as KubeObject[];
  };

  test('the same digest and checksum', () => {
    expect(digestIn(plain())).toBe(digestIn(file()));
    expect(checksumIn(plain())).toBe(checksumIn(file()));
  });

  test('a JSON patch of the Deployment counts', () => {
    const jsonPatches = [JsonPatch.replace('/spec/template/spec/containers/0/image', 'registry.example.com/cart:9')];
    expect(digestIn(plain({ jsonPatches }))).toBe(digestIn(file({ jsonPatches })));
    expect(digestIn(plain({ jsonPatches }))).not.toBe(digestIn(plain()));
  });

  test('a Canary in another chart than the patched release', () => {
    const app = new App({ outdir: 'unused' });
    const releases = new ManifestFile(app, 'releases', { path: 'releases.yaml', namespace: 'shop' });
    const cart = new MicroserviceRelease(releases, 'cart', base);
    const image = (object: any) => ({ ...object, ...(object.kind === 'Deployment' ? patchImage(object) : {}) });
    const patchImage = ({ spec }: any) => ({
      spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, nodeName: 'a' } } },
    });
    releases.transformations.push(image);
    const rollouts = new Chart(app, 'rollouts', { namespace: 'shop' });
    new CanaryRollout(rollouts, 'cart', { port: { port: 7070, protocol: 'grpc' }, release: cart });
    const data = find(releases.toJson() as KubeObject[], 'ConfigMap', 'cart.release').data;
    expect(checksumIn(Testing.synth(rollouts) as KubeObject[])).toBe(trackedChecksum(data));
    expect(data.digest).not.toBe(digestIn(file()));
  });
});

test("a volume of the release's own name is refused", () => {
  const volumes = [{ name: 'aviary-release', mountPath: '/x', emptyDir: {} }];
  expect(() => file({ release: { volumes } })).toThrow(
    'MicroserviceRelease "cart": the volume name "aviary-release" is taken; name the volume otherwise',
  );
});
