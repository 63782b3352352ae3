import { App, Chart, Testing } from 'cdk8s';
import type { KubeObject } from '../../kube';
import { MicroserviceRelease } from '../microservice-release';
import type { MicroserviceReleaseProps } from './props';

function render(props: Partial<MicroserviceReleaseProps> = {}): KubeObject[] {
  const chart = new Chart(new App({ outdir: 'unused' }), 'chart', { namespace: 'shop' });
  new MicroserviceRelease(chart, 'db', { image: 'postgres:18.1', ...props });
  return Testing.synth(chart) as KubeObject[];
}
const names = (objects: readonly KubeObject[]) => objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
const find = (objects: readonly KubeObject[], kind: string): any => objects.find((object) => object.kind === kind);

test('a statefulset has its storage, and a headless Service that names its pods', () => {
  const objects = render({
    kind: 'statefulset',
    ports: [{ port: 5432, protocol: 'tcp' }],
    replicas: 3,
    autoscaling: undefined,
    statefulSet: {
      podManagementPolicy: 'Parallel',
      persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' },
      volumeClaimTemplates: [{ name: 'data', storage: '8Gi', mountPath: '/var/lib/postgresql' }],
    },
  });
  expect(names(objects)).toEqual(['ServiceAccount db', 'StatefulSet db', 'Service db-headless', 'Service db']);
  const { spec } = find(objects, 'StatefulSet');
  expect(spec).toMatchObject({
    serviceName: 'db-headless',
    replicas: 3,
    podManagementPolicy: 'Parallel',
    persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' },
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '8Gi' } } },
      },
    ],
  });
  expect(spec.template.spec.containers[0].volumeMounts).toEqual([{ name: 'data', mountPath: '/var/lib/postgresql' }]);
  expect(objects[2]).toMatchObject({ spec: { clusterIP: 'None', selector: { app: 'db' } } });
  expect(objects[3]).not.toMatchObject({ spec: { clusterIP: 'None' } });
});

test('a claim says more of its volume, and is mounted in several places', () => {
  const objects = render({
    kind: 'statefulset',
    statefulSet: {
      volumeClaimTemplates: [
        {
          name: 'data',
          namespace: 'shop',
          storage: '8Gi',
          selector: { matchLabels: { disk: 'fast' } },
          volumeName: 'disk-1',
          volumeAttributesClassName: 'gold',
          mountPath: '/data',
          mounts: [{ mountPath: '/logs', subPath: 'logs' }],
        },
      ],
    },
  });
  const { spec } = find(objects, 'StatefulSet');
  expect(spec.volumeClaimTemplates).toEqual([
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'shop' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '8Gi' } },
        selector: { matchLabels: { disk: 'fast' } },
        volumeName: 'disk-1',
        volumeAttributesClassName: 'gold',
      },
    },
  ]);
  expect(spec.template.spec.containers[0].volumeMounts).toEqual([
    { name: 'data', mountPath: '/data' },
    { name: 'data', mountPath: '/logs', subPath: 'logs' },
  ]);
});

test('a statefulset that names its Service gets no other', () => {
  const objects = render({
    kind: 'statefulset',
    ports: [{ port: 5432, protocol: 'tcp' }],
    statefulSet: { serviceName: 'pods' },
  });
  expect(names(objects)).toEqual(['ServiceAccount db', 'StatefulSet db', 'Service db']);
  expect(find(objects, 'StatefulSet').spec.serviceName).toBe('pods');
});

test('a job ends, and runs anew when its release changes', () => {
  const objects = render({ kind: 'job', job: { backoffLimit: 2, completions: 3 }, args: ['migrate'] });
  expect(find(objects, 'Job')).toMatchObject({
    apiVersion: 'batch/v1',
    metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/force': 'enabled' } },
    spec: { backoffLimit: 2, completions: 3, template: { spec: { restartPolicy: 'Never' } } },
  });
  expect(find(objects, 'Job').spec.selector).toBeUndefined();
});

test('a cronjob has a schedule and the fields of its jobs', () => {
  const objects = render({
    kind: 'cronjob',
    cronJob: { schedule: '0 3 * * *', concurrencyPolicy: 'Forbid', backoffLimit: 0, restartPolicy: 'OnFailure' },
  });
  expect(find(objects, 'CronJob').spec).toMatchObject({
    schedule: '0 3 * * *',
    concurrencyPolicy: 'Forbid',
    jobTemplate: { spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'OnFailure' } } } },
  });
});

test('a daemonset has no number of pods, and may have a canary', () => {
  const objects = render({ kind: 'daemonset', canaried: true, daemonSet: { updateStrategy: { type: 'OnDelete' } } });
  expect(find(objects, 'DaemonSet').spec).toMatchObject({ updateStrategy: { type: 'OnDelete' } });
  expect(find(objects, 'DaemonSet').spec.replicas).toBeUndefined();
  expect(names(objects)).toContain('ConfigMap db.release');
});

test('init containers, native sidecars and further containers are whole containers', () => {
  const objects = render({
    volumes: [{ name: 'work', mountPath: '/work', emptyDir: {} }],
    initContainers: [
      {
        name: 'proxy',
        image: 'proxy:1',
        restartPolicy: 'Always',
        ports: [{ name: 'admin', containerPort: 9000 }],
        probes: { startup: { http: { path: '/ready' } } },
      },
      {
        name: 'fill',
        image: 'busybox:1.38.0',
        command: ['sh', '-c', 'cp /x /work'],
        mounts: [{ name: 'work', mountPath: '/work' }],
      },
    ],
    containers: [
      {
        name: 'exporter',
        image: 'exporter:1',
        env: { A: '1' },
        envFrom: [{ secret: 'dsn', prefix: 'PG_' }],
        resources: { limits: { memory: '32Mi' } },
        securityContext: { runAsUser: 65534 },
      },
      { name: 'free', image: 'free:1', securityContext: false },
    ],
  });
  const { initContainers, containers } = find(objects, 'Deployment').spec.template.spec;
  expect(initContainers).toMatchObject([
    {
      name: 'proxy',
      restartPolicy: 'Always',
      ports: [{ name: 'admin', containerPort: 9000, protocol: 'TCP' }],
      startupProbe: { httpGet: { path: '/ready', port: 9000 } },
    },
    { name: 'fill', volumeMounts: [{ name: 'work', mountPath: '/work' }] },
  ]);
  expect(containers.map(({ name }: { name: string }) => name)).toEqual(['server', 'exporter', 'free']);
  expect(containers[1]).toEqual({
    name: 'exporter',
    image: 'exporter:1',
    env: [{ name: 'A', value: '1' }],
    envFrom: [{ prefix: 'PG_', secretRef: { name: 'dsn' } }],
    resources: { limits: { memory: '32Mi' } },
    securityContext: { runAsUser: 65534 },
  });
  expect(containers[2].securityContext).toBeUndefined();
  expect(initContainers[1].securityContext).toMatchObject({ readOnlyRootFilesystem: true });
});

test.each<[string, Partial<MicroserviceReleaseProps>, string]>([
  [
    'a canary of a statefulset',
    { kind: 'statefulset', canaried: true },
    'kind "statefulset" cannot have a canary: Flagger rolls out deployments and daemonsets',
  ],
  [
    'a number of pods of a daemonset',
    { kind: 'daemonset', replicas: 2 },
    'replicas: kind "daemonset" has no number of pods',
  ],
  ['a cronjob without a schedule', { kind: 'cronjob' }, 'cronJob.schedule is needed by kind "cronjob"'],
  [
    'what another kind has',
    { kind: 'job', statefulSet: { podManagementPolicy: 'Parallel' } },
    'statefulSet says what only kind "statefulset" has, and kind is "job"',
  ],
])('misuse: %s', (_, props, message) => {
  expect(() => render(props)).toThrow(`MicroserviceRelease "db": ${message}`);
});
