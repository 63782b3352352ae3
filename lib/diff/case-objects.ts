import { type Fields, isFields, type KubeObject } from '../kube';

/** Small objects for the cases of dangers: what a case is about is given, the rest is sound. */

const NAMESPACE = 'shop';

/** Fields over fields; a list or a value replaces. */
function merged(base: Fields, over: Fields): Fields {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const was = result[key];
    result[key] = isFields(was) && isFields(value) ? merged(was, value) : value;
  }
  return result;
}

/** Any object in the namespace of the cases; `''` for one of the cluster. */
export function object(
  apiVersion: string,
  kind: string,
  name: string,
  fields: Fields = {},
  namespace = NAMESPACE,
): KubeObject {
  const base = { apiVersion, kind, metadata: { name, ...(namespace === '' ? {} : { namespace }) } };
  return merged(base, fields) as unknown as KubeObject;
}

/** The object with these annotations besides. */
export const annotated = (one: KubeObject, annotations: Fields): KubeObject =>
  merged(one, { metadata: { annotations } }) as unknown as KubeObject;

/** A container `server`. */
export function container(fields: Fields = {}): Fields {
  return { name: 'server', image: 'registry.example.com/cart:v1.2.0', ...fields };
}

/** A workload of the kind whose pods have the label `app`. */
export function workload(kind: string, name: string, pod: Fields = {}, spec: Fields = {}): KubeObject {
  const base = {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [container()], ...pod } },
  };
  return object('apps/v1', kind, name, { spec: merged(base, spec) });
}

/** A Deployment whose pods have the label `app`. */
export const deployment = (name: string, pod?: Fields, spec?: Fields): KubeObject =>
  workload('Deployment', name, pod, spec);

/** A Deployment whose only container has these fields. */
export const deploymentOf = (name: string, fields: Fields, spec?: Fields): KubeObject =>
  deployment(name, { containers: [container(fields)] }, spec);

/** A Service for the pods with the label `app`, port 80. */
export const service = (name: string, spec: Fields = {}): KubeObject =>
  object('v1', 'Service', name, { spec: { selector: { app: name }, ports: [{ name: 'http', port: 80 }], ...spec } });

/** A Canary of the Deployment of that name. */
export const canary = (name: string, spec: Fields = {}): KubeObject =>
  object('flagger.app/v1beta1', 'Canary', name, {
    spec: merged(
      {
        provider: 'istio',
        targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        service: { port: 80 },
        analysis: {
          interval: '1m',
          threshold: 5,
          stepWeight: 10,
          maxWeight: 50,
          metrics: [{ name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } }],
        },
      },
      spec,
    ),
  });

/** Flux' Kustomization that applies a folder. */
export const kustomization = (name: string, path: string, spec: Fields = {}): KubeObject =>
  object(
    'kustomize.toolkit.fluxcd.io/v1',
    'Kustomization',
    name,
    { spec: { interval: '10m', path: `./${path}`, prune: true, ...spec } },
    'flux-system',
  );

/** A HelmRelease of a chart in a version. */
export const helmRelease = (name: string, chart: string, version: string, values: Fields = {}): KubeObject =>
  object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', name, {
    spec: { interval: '1h', chart: { spec: { chart, version } }, values },
  });

/** A HorizontalPodAutoscaler of the Deployment of that name. */
export const autoscaler = (name: string, spec: Fields = {}): KubeObject =>
  object('autoscaling/v2', 'HorizontalPodAutoscaler', name, {
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: 2,
      maxReplicas: 5,
      ...spec,
    },
  });

/** A PersistentVolumeClaim of a size. */
export const claim = (name: string, storage = '8Gi'): KubeObject =>
  object('v1', 'PersistentVolumeClaim', name, {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
  });

/** A NetworkPolicy for the pods with the label `app`. */
export const networkPolicy = (name: string, spec: Fields): KubeObject =>
  object('networking.k8s.io/v1', 'NetworkPolicy', name, {
    spec: { podSelector: { matchLabels: { app: name } }, ...spec },
  });
