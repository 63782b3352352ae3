import { adopt, adoptionReport } from '../lib/adopt';
import type { KubeObject } from '../lib/kube';
import { catalogObjects } from '../lib/synth';

/** `npm run bench:adopt -- 1000`: that many workloads, each with what usually goes with one, are adopted once. */
const count = Number(process.argv[2] ?? 1000);
const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

function application(index: number): KubeObject[] {
  const name = `service-${index}`;
  const metadata = { name, namespace: 'shop', labels: { app: name, team: `team-${index % 7}` } };
  const callee = `service-${(index + 1) % count}`;
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: {
            serviceAccountName: name,
            containers: [
              {
                name: 'main',
                image: `registry.example.com/shop/${name}:1.${index}`,
                ports: [{ name: 'http', containerPort: 8080 }],
                env: [
                  { name: 'NEXT', value: `${callee}:80` },
                  { name: 'LOG_LEVEL', value: 'info' },
                ],
                envFrom: [{ configMapRef: { name } }],
                resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
                readinessProbe: { httpGet: { path: '/healthz', port: 'http' } },
                volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
              },
            ],
            volumes: [{ name: 'tmp', emptyDir: {} }],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { FLAG: 'on', OTHER: `http://${callee}/x` } },
  ];
}

const objects = Array.from({ length: count }, (_, index) => application(index)).flat();
const start = performance.now();
const adoption = adopt(
  [{ objects: objects.map((object) => ({ object, origin: { file: 'all.yaml', document: 0 } })) }],
  {
    synthesize: (text) => catalogObjects(text, 'services.json'),
  },
);
const { counts, lost } = adoptionReport(adoption);
const seconds = (performance.now() - start) / 1000;
process.stdout.write(
  `${counts.workloads.typed} of ${counts.workloads.all} workloads typed, ${lost.length} values lost: ${seconds.toFixed(1)} s (${(process.cpuUsage().user / 1e6).toFixed(1)} s of a processor), ${megabytes(process.resourceUsage().maxRSS * 1024)}\n`,
);
