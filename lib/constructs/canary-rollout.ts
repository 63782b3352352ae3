import { type ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { canaryFaults, type RolloutDuration, readAnalysis, rolloutOf, SUCCESS_RATES } from '../flagger';
import { listAt, numberAt, textAt } from '../kube';
import type { Metric } from './canary/metric';
import { MetricTemplate } from './canary/metric-template';
import { type Alert, type CanaryRolloutProps, canaryRolloutPropNames, type Webhook } from './canary/props';
import {
  type CanaryPlan,
  laterEntries,
  type OwnTemplate,
  planCanary,
  type Surroundings,
  sentence,
} from './canary/spec';
import { FlaggerObject } from './flagger-object';
import { DURATION_ANNOTATION, objectLabels, RELEASE_CHECKSUM_ANNOTATION } from './labels';
import { refuse, refuseUnknown } from './refuse';
import { formatSeconds } from './seconds';

/** A Canary that exists. */
export interface ICanary {
  readonly name: string;
  readonly namespace?: string;
}

/**
 * How Flagger rolls out one workload: the Canary and the MetricTemplates that it needs.
 *
 * Two layers: intent (`port`, `expose`, `metrics`, `loadTest`, the strategy), and `spec` over it, which reaches every field of the
 * custom resource. What is said is done or refused; what is added beside is listed in `defaults` and can be switched off.
 *
 * Flagger itself makes the three Services, the routes and the primary. Emit none of them, and no `spec.replicas`:
 * `MicroserviceRelease` with `canaried: true` keeps to that.
 *
 * `duration` says how long a success and a rollback take; the same stands on the Canary as an annotation.
 *
 * @throws Error on misuse, with everything that is wrong.
 * @see fluxcd/flagger v1.44 artifacts/flagger/crd.yaml, pkg/controller/scheduler.go
 * @example
 * new CanaryRollout(chart, 'cart', {
 *   port: { port: 7070, protocol: 'grpc' },
 *   analysis: { interval: '1m', stepWeight: 10, maxWeight: 50, threshold: 5 },
 *   loadTest: { requestsPerSecond: 20 },
 * });
 */
export class CanaryRollout extends Construct implements ICanary {
  /** One that exists, by name. */
  static fromCanaryName(
    _scope: Construct,
    _id: string,
    name: string,
    options: { readonly namespace?: string } = {},
  ): ICanary {
    return { name, namespace: options.namespace };
  }

  readonly name: string;
  readonly namespace?: string;
  readonly canary: ApiObject;
  /** How long a success and a rollback take. */
  readonly duration: RolloutDuration;
  private readonly plan: CanaryPlan;
  private readonly around: Surroundings;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: CanaryRolloutProps,
  ) {
    super(scope, id);
    const what = `CanaryRollout "${props?.name ?? id}"`;
    refuseUnknown(what, props, canaryRolloutPropNames);
    this.around = { id, namespace: Chart.of(this).namespace };
    this.plan = planCanary(props, this.around);
    const { name, namespace, spec, providerValue, templates } = this.plan;
    refuse(what, [...this.plan.wrong, ...this.twin()]);
    this.name = name;
    this.namespace = namespace;
    const analysis = readAnalysis(spec, providerValue);
    this.duration = rolloutOf(analysis, {
      provider: providerValue,
      skipAnalysis: spec.skipAnalysis === true,
      // The canary has until the next tick anyway: only what is left beyond it delays.
      readinessTicks: Math.max(0, Math.ceil((props.readinessSeconds ?? 0) / analysis.intervalSeconds) - 1),
    });
    this.makeTemplates(templates);

    const checksum = (props.release ?? props.target?.fromRelease)?.checksumFor(this);
    const adds = props.defaults === false ? undefined : (props.defaults ?? {});
    this.canary = new FlaggerObject(this, 'canary', {
      kind: 'Canary',
      metadata: {
        name,
        namespace: props.namespace ?? namespace,
        labels: { ...(adds && adds.labels !== false ? objectLabels(name, props.partOf) : {}), ...props.labels },
        annotations: {
          ...props.annotations,
          ...(checksum === undefined ? {} : { [RELEASE_CHECKSUM_ANNOTATION]: checksum }),
          ...(adds && adds.durationAnnotation !== false
            ? { [DURATION_ANNOTATION]: `${durationText(this.duration)}${unseenText(spec)}` }
            : {}),
        },
      },
      spec,
    });
  }

  /** One more check, after those that are there. */
  addMetric(metric: Metric): this {
    const { metrics, templates } = laterEntries(this.props, this.around, { metrics: [metric] });
    this.makeTemplates(templates);
    return this.add('metrics', metrics);
  }

  /** One more webhook, after those that are there. */
  addWebhook(webhook: Webhook): this {
    return this.add('webhooks', laterEntries(this.props, this.around, { webhooks: [webhook] }).webhooks);
  }

  /** One more alert. */
  addAlert({ name, severity = 'info', providerRef }: Alert): this {
    const { name: provider, namespace } = providerRef;
    return this.add('alerts', [
      { name, severity, providerRef: { name: provider, ...(namespace ? { namespace } : {}) } },
    ]);
  }

  private add(list: 'metrics' | 'webhooks' | 'alerts', entries: readonly unknown[]): this {
    const { spec } = this.plan;
    const analysis = (spec.analysis ?? {}) as Record<string, unknown>;
    const next = { ...analysis, [list]: [...((analysis[list] as unknown[] | undefined) ?? []), ...entries] };
    const { allow = [], provider } = this.props;
    refuse(
      `CanaryRollout "${this.name}"`,
      canaryFaults({ ...spec, analysis: next }, provider?.value ?? provider?.installed)
        .filter(({ code }) => !allow.includes(code))
        .map(sentence),
    );
    // The ApiObject holds this very object and writes what it finds there at synthesis.
    spec.analysis = next;
    return this;
  }

  private makeTemplates(templates: readonly OwnTemplate[]): void {
    for (const template of templates)
      new MetricTemplate(this, template.name, { ...template, namespace: this.props.namespace ?? this.namespace });
  }

  /** Two Canaries of one name in one chart are one object for the API server. */
  private twin(): string[] {
    const { name, namespace } = this.plan;
    const twin = Chart.of(this)
      .node.findAll()
      .some((one) => one instanceof CanaryRollout && one !== this && one.name === name && one.namespace === namespace);
    return twin ? [`the chart has another Canary of the name "${name}"`] : [];
  }
}

/** What may fail without a word, where a success rate judges. */
function unseenText(spec: Readonly<Record<string, unknown>>): string {
  const metric = listAt(spec, 'analysis', 'metrics').find((one) => SUCCESS_RATES.includes(textAt(one, 'name') ?? ''));
  const min = numberAt(metric, 'thresholdRange', 'min');
  // 99.9 is no binary fraction.
  return min === undefined ? '' : `; up to ${Number((100 - min).toFixed(6))} % of real calls may fail unseen`;
}

function durationText(duration: RolloutDuration): string {
  const { strategy, successSeconds, rollbackSeconds, successTicks, rollbackTicks } = duration;
  return `${strategy}: succeeds after ${successTicks} ticks (${formatSeconds(successSeconds)}), rolls back after ${rollbackTicks} (${formatSeconds(rollbackSeconds)})`;
}
