import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { ServiceValues } from '../values';

/** One function a service, one JSON file a service: jsonnet's fast path. */
const PROGRAM = `local services = import 'services.json';
local labels(s) = {
  app: s.name,
  'app.kubernetes.io/managed-by': 'aviary',
  'app.kubernetes.io/name': s.name,
  'app.kubernetes.io/part-of': 'shop',
};
local metadata(s) = { name: s.name, namespace: 'shop', labels: labels(s) };
local probe(s) = if s.protocol == 'http' then { httpGet: { path: '/healthz', port: s.port } } else { grpc: { port: s.port } };
local objects(s) = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(s), automountServiceAccountToken: false },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(s) {
      annotations: { 'aviary.dev/release-digest': s.digest },
      labels+: { 'app.kubernetes.io/version': s.version },
    },
    spec: {
      selector: { matchLabels: { app: s.name } },
      template: {
        metadata: { labels: { app: s.name, 'app.kubernetes.io/name': s.name } },
        spec: {
          automountServiceAccountToken: false,
          containers: [{
            name: 'server',
            image: s.image,
            env: s.env,
            livenessProbe: probe(s),
            readinessProbe: probe(s),
            ports: [{ containerPort: s.port, name: s.protocol, protocol: 'TCP' }],
            resources: { limits: { cpu: '200m', memory: s.memory }, requests: { cpu: '100m', memory: '64Mi' } },
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { drop: ['ALL'] },
              privileged: false,
              readOnlyRootFilesystem: true,
            },
          }],
          securityContext: {
            fsGroup: 1000,
            runAsGroup: 1000,
            runAsNonRoot: true,
            runAsUser: 1000,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          serviceAccountName: s.name,
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(s),
    spec: {
      ports: [{ appProtocol: s.protocol, name: s.protocol, port: s.port, protocol: 'TCP', targetPort: s.port }],
      selector: { app: s.name },
      type: 'ClusterIP',
    },
  },
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: metadata(s),
    spec: {
      maxReplicas: 10,
      metrics: [{ resource: { name: 'cpu', target: { averageUtilization: 75, type: 'Utilization' } }, type: 'Resource' }],
      minReplicas: 2,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: s.name },
    },
  },
];
{ [s.name + '.json']: objects(s) for s in services }
`;

export function writeJsonnet(folder: string, services: readonly ServiceValues[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'services.json'), JSON.stringify(services));
  writeFileSync(path.join(folder, 'main.jsonnet'), PROGRAM);
}
