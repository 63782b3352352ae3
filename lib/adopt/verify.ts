import { compareObjects, type FieldDifference } from '../diff';
import { type Fields, fieldsAt, isFields, type KubeObject, listAt, textAt } from '../kube';

/** How an object of theirs came through. */
export interface Verified {
  readonly object: KubeObject;
  /** What the catalog makes; undefined where it makes no such object. */
  readonly made?: KubeObject;
  /** Fields that it had and that are not, or not so, in what is made. */
  readonly lost: readonly FieldDifference[];
  /** Fields that are only in what is made. */
  readonly added: readonly FieldDifference[];
}

/** Compares by meaning, where both forms mean the same to Kubernetes although the text differs. */
export function verify(object: KubeObject, made: KubeObject | undefined): Verified {
  // All of it: the catalog should make it, and does not.
  if (!made) return { object, lost: [{ path: '', steps: [], stepsAfter: [], before: object }], added: [] };
  const differences = compareObjects(comparable(object), comparable(made));
  return {
    object,
    made,
    lost: differences.filter(({ before }) => before !== undefined),
    added: differences.filter(({ before }) => before === undefined),
  };
}

/** Forms that Kubernetes reads alike. */
function comparable(object: KubeObject): KubeObject {
  if (object.kind === 'HorizontalPodAutoscaler') return currentAutoscaler(object);
  if (object.kind === 'ServiceAccount' && object.automountServiceAccountToken === true) {
    const { automountServiceAccountToken: _, ...rest } = object;
    return rest as KubeObject;
  }
  if (object.kind === 'CronJob')
    return withTemplate({ ...object, apiVersion: 'batch/v1' }, ['spec', 'jobTemplate', 'spec', 'template']);
  if (object.kind === 'PodDisruptionBudget') return { ...object, apiVersion: 'policy/v1' };
  if (isFields(fieldsAt(object.spec).template)) return withTemplate(object, ['spec', 'template']);
  return object;
}

/** `mongo` is `mongo:latest`; a probe's `"8080"` is 8080; the token is mounted unless somebody says no. */
function withTemplate(object: KubeObject, path: readonly string[]): KubeObject {
  const copy = structuredClone(object) as unknown as Record<string, unknown>;
  let template: unknown = copy;
  for (const step of path) template = isFields(template) ? template[step] : undefined;
  const spec = fieldsAt(template, 'spec') as Record<string, unknown>;
  if (spec.automountServiceAccountToken === true) delete spec.automountServiceAccountToken;
  for (const field of ['containers', 'initContainers'])
    for (const container of listAt(spec, field).filter(isFields) as Record<string, unknown>[]) {
      const image = textAt(container, 'image');
      if (image !== undefined && !image.includes('@') && !/:[^/]+$/.test(image)) container.image = `${image}:latest`;
      for (const kind of ['readinessProbe', 'livenessProbe', 'startupProbe'])
        for (const handler of ['httpGet', 'tcpSocket', 'grpc']) {
          const action = fieldsAt(container, kind, handler) as Record<string, unknown>;
          if (typeof action.port === 'string' && /^\d+$/.test(action.port)) action.port = Number(action.port);
          if (typeof action.path === 'string' && !action.path.startsWith('/')) action.path = `/${action.path}`;
        }
    }
  return copy as unknown as KubeObject;
}

/** @see kubernetes/api v0.25 autoscaling/v1, v2beta1, v2beta2: the same object in older forms */
function currentAutoscaler(object: KubeObject): KubeObject {
  const spec = fieldsAt(object.spec);
  const cpu = spec.targetCPUUtilizationPercentage;
  const { targetCPUUtilizationPercentage: _, ...rest } = spec;
  const metrics = listAt(spec, 'metrics').map((metric) => {
    const resource = fieldsAt(metric, 'resource');
    if (!isFields(metric) || !isFields(metric.resource) || resource.target !== undefined) return metric;
    const { targetAverageUtilization, targetAverageValue, ...other } = resource;
    const target: Fields =
      targetAverageUtilization === undefined
        ? { type: 'AverageValue', averageValue: targetAverageValue }
        : { type: 'Utilization', averageUtilization: targetAverageUtilization };
    return { ...metric, resource: { ...other, target } };
  });
  const all = [
    ...(cpu === undefined
      ? []
      : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } } }]),
    ...metrics,
  ];
  return { ...object, apiVersion: 'autoscaling/v2', spec: { ...rest, ...(all.length > 0 ? { metrics: all } : {}) } };
}

/** How many values an object holds. */
export function countFields(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + countFields(item), 0);
  if (isFields(value)) {
    const values = Object.values(value);
    return values.length === 0 ? 1 : values.reduce((sum: number, item) => sum + countFields(item), 0);
  }
  return 1;
}
