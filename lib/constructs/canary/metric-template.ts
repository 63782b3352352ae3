import { type ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import {
  isHttp,
  metricStoreOf,
  metricStores,
  propertyOf,
  type MetricStore as StoreFacts,
  specSchemas,
} from '../../flagger';
import { schemaFaults } from '../../kube';
import { FlaggerObject } from '../flagger-object';
import { refuse, refuseUnknown } from '../refuse';

/** A MetricTemplate that exists: what a metric refers to. */
export interface IMetricTemplate {
  readonly name: string;
  readonly namespace?: string;
}

interface SecretByName {
  /** Name of a Secret in the template's namespace. */
  readonly secretName: string;
}

/** What any of the stores may need. */
export interface StoreOptions {
  readonly address?: string;
  /** Name of a Secret in the template's namespace. */
  readonly secretName?: string;
  /** CloudWatch only. */
  readonly region?: string;
  /** Accept any certificate. */
  readonly insecureSkipVerify?: boolean;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
}

/** Where Flagger asks: `spec.provider` of a MetricTemplate, with what the store needs. */
export class MetricStore {
  /** Secret: `token`, or `username` and `password`. */
  static prometheus(options: {
    readonly address: string;
    readonly secretName?: string;
    readonly insecureSkipVerify?: boolean;
    readonly headers?: Readonly<Record<string, readonly string[]>>;
  }): MetricStore {
    return new MetricStore('prometheus', options);
  }
  /** Secret: `datadog_api_key` and `datadog_application_key`. */
  static datadog(options: SecretByName & { readonly address?: string }): MetricStore {
    return new MetricStore('datadog', options);
  }
  /** Credentials are those of Flagger's pods. */
  static cloudWatch(options: { readonly region: string }): MetricStore {
    return new MetricStore('cloudwatch', options);
  }
  /** Secret: `newrelic_account_id` and `newrelic_query_key`. */
  static newRelic(options: SecretByName & { readonly address?: string }): MetricStore {
    return new MetricStore('newrelic', options);
  }
  /** Secret: `username` and `password`. */
  static graphite(options: {
    readonly address: string;
    readonly secretName?: string;
    readonly insecureSkipVerify?: boolean;
  }): MetricStore {
    return new MetricStore('graphite', options);
  }
  /** Google Cloud Monitoring. Secret: `project`, and `serviceAccountKey` where Flagger's pods have no identity. */
  static stackdriver(options: { readonly secretName?: string } = {}): MetricStore {
    return new MetricStore('stackdriver', options);
  }
  /** Secret: `token` and `org`. */
  static influxDb(options: { readonly address: string; readonly secretName?: string }): MetricStore {
    return new MetricStore('influxdb', options);
  }
  /** Secret: `dynatrace_token`. */
  static dynatrace(options: SecretByName & { readonly address: string }): MetricStore {
    return new MetricStore('dynatrace', options);
  }
  /** Objects of Keptn in the cluster. */
  static keptn(): MetricStore {
    return new MetricStore('keptn', {});
  }
  /** Splunk Observability Cloud. Secret: `sf_token_key`. */
  static splunk(options: SecretByName & { readonly address: string }): MetricStore {
    return new MetricStore('splunk', options);
  }
  /** The external metrics API of Kubernetes. Secret: `token`. */
  static external(
    options: { readonly address?: string; readonly secretName?: string; readonly insecureSkipVerify?: boolean } = {},
  ): MetricStore {
    return new MetricStore('externalmetrics', options);
  }

  /** A store by Flagger's name of it. */
  static of(type: string, options: StoreOptions = {}): MetricStore {
    return new MetricStore(type, options);
  }

  private constructor(
    readonly type: string,
    readonly options: StoreOptions,
  ) {}

  /** What Flagger knows of the store. */
  get facts(): StoreFacts {
    return metricStoreOf(this.type);
  }

  /** `spec.provider`. */
  toSpec(): Readonly<Record<string, unknown>> {
    const { secretName, ...rest } = this.options;
    return { type: this.type, ...rest, secretRef: secretName === undefined ? undefined : { name: secretName } };
  }
}

/** A query and where it is asked. */
export interface MetricTemplateProps {
  /** @default the construct's id */
  readonly name?: string;
  /** @default the chart's namespace */
  readonly namespace?: string;
  /** In the store's language, for one number; Flagger's functions `{{ target }}`, `{{ namespace }}`, `{{ interval }}` … are filled in. */
  readonly query: string;
  /** Of Prometheus, instead of `store`. @default 'http://prometheus-prometheus.monitoring:9090' */
  readonly address?: string;
  /** @default Prometheus at `address` */
  readonly store?: MetricStore;
}

/** Where the platform's Prometheus answers. */
export const DEFAULT_PROMETHEUS = 'http://prometheus-prometheus.monitoring:9090';

/**
 * A MetricTemplate: a query and where to ask it.
 *
 * @throws Error on misuse, with everything that is wrong.
 * @see fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/metric.go, pkg/metrics/providers
 * @example
 * const errors = new MetricTemplate(chart, 'errors', {
 *   query: 'sum(rate(errors_total{app="{{ target }}"}[{{ interval }}]))',
 *   store: MetricStore.prometheus({ address: 'https://prometheus.example.com', secretName: 'prometheus-token' }),
 * });
 */
export class MetricTemplate extends Construct implements IMetricTemplate {
  /** One that exists, by name. */
  static fromMetricTemplateName(
    _scope: Construct,
    _id: string,
    name: string,
    options: { readonly namespace?: string } = {},
  ): IMetricTemplate {
    return { name, namespace: options.namespace };
  }

  readonly name: string;
  readonly namespace?: string;
  /** Absent only while the constructor throws. */
  readonly template: ApiObject;

  constructor(scope: Construct, id: string, props: MetricTemplateProps) {
    super(scope, id);
    const what = `MetricTemplate "${props?.name ?? id}"`;
    refuseUnknown(what, props, ['name', 'namespace', 'query', 'address', 'store']);
    this.name = props.name ?? id;
    this.namespace = props.namespace ?? Chart.of(this).namespace;
    const store = props.store ?? MetricStore.prometheus({ address: props.address ?? DEFAULT_PROMETHEUS });
    const spec = { provider: store.toSpec(), query: props.query };
    refuse(what, templateFaults(props, store, spec));
    this.template = new FlaggerObject(this, 'template', {
      kind: 'MetricTemplate',
      metadata: { name: this.name, namespace: props.namespace, labels: { 'app.kubernetes.io/managed-by': 'aviary' } },
      spec,
    });
  }
}

function templateFaults(
  props: MetricTemplateProps,
  store: MetricStore,
  spec: Readonly<Record<string, unknown>>,
): string[] {
  const { address, secretName, region } = store.options;
  const { facts } = store;
  const wrong = schemaFaults(spec, specSchemas.MetricTemplate).map(
    ({ pointer, value, allowed }) =>
      `${propertyOf(pointer)} ${value === undefined ? 'is missing' : `${JSON.stringify(value)} is not taken`}: write ${allowed}`,
  );
  if (typeof props.query === 'string' && props.query.trim() === '') wrong.push(`query is empty: write ${facts.query}`);
  if (props.store && props.address !== undefined)
    wrong.push(`address ${JSON.stringify(props.address)} beside store: write it into the store`);
  if (!metricStores.includes(facts)) wrong.push(`store "${store.type}" does not exist`);
  if (facts.address === 'required' && address === undefined)
    wrong.push(`store.address is missing: ${facts.title} needs it`);
  if (typeof address === 'string' && !isHttp(address))
    wrong.push(`store.address ${JSON.stringify(address)} is not an http address`);
  if (facts.secret === 'required' && secretName === undefined)
    wrong.push(
      `store.secretName is missing: ${facts.title} needs a Secret with ${facts.secretKeys.map((keys) => keys.join(' and ')).join(', or ')}`,
    );
  if (facts.region === 'required' && !region) wrong.push(`store.region is missing: ${facts.title} needs it`);
  return wrong;
}
