import { BUILTIN_METRICS } from './queries';

/** Facts about Flagger 1.44 that are values. @see fluxcd/flagger v1.44 cmd/flagger/main.go, pkg/apis/flagger/v1beta1/canary.go */

/** A metric for which Flagger brings a query. */
export type BuiltinMetric = (typeof BUILTIN_METRICS)[number];

/** Whether Flagger answers a metric of this name with a query of its own. @see pkg/controller/scheduler_metrics.go */
export function isBuiltinMetric(name: string): name is BuiltinMetric {
  return (BUILTIN_METRICS as readonly string[]).includes(name);
}

/** Types of a webhook; an absent type is `rollout`. @see pkg/apis/flagger/v1beta1/canary.go */
export const webhookTypes = [
  'rollout',
  'confirm-rollout',
  'pre-rollout',
  'confirm-traffic-increase',
  'confirm-promotion',
  'post-rollout',
  'rollback',
  'event',
] as const;
/** When Flagger calls a webhook. */
export type WebhookType = (typeof webhookTypes)[number];

/** What Flagger does when nobody says otherwise: the defaults of its flags and of the Canary's fields. */
export const defaults = {
  meshProvider: 'istio',
  metricsServer: 'http://prometheus:9090',
  /** Flagger takes the first of these that the target's `matchLabels` has. */
  selectorLabels: ['app', 'name', 'app.kubernetes.io/name'],
  progressDeadlineSeconds: 600,
  readyThresholdPercent: 100,
  maxWeightPercent: 100,
  /** Only for built-in metrics and inline queries; a template's interval stays empty. */
  metricInterval: '1m',
  webhookTimeoutMilliseconds: 10_000,
  portName: 'http',
  iterationsOnKubernetes: 10,
} as const;

/** Whether Flagger leaves a ConfigMap or Secret alone. @see fluxcd/flagger v1.44 pkg/canary/config_tracker.go configIsDisabled */
export function isConfigTrackingDisabled(annotations: Readonly<Record<string, unknown>> | undefined): boolean {
  const value = annotations?.['flagger.app/config-tracking'];
  return typeof value === 'string' && value.startsWith('disable');
}

/** Fields of `analysis.sessionAffinity`. @see fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go SessionAffinity */
export const SESSION_AFFINITY_FIELDS: readonly string[] = [
  'cookieName',
  'primaryCookieName',
  'maxAge',
  'domain',
  'path',
  'httpOnly',
  'secure',
  'partitioned',
  'sameSite',
];
