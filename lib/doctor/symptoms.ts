/** What Flagger says when a rollout does not go on, and which rules can explain it, most likely first. */
export interface Symptom {
  readonly pattern: RegExp;
  /** Half a sentence. */
  readonly what: string;
  /** Rules of preflight whose finding about the Canary explains it. */
  readonly rules: readonly string[];
  /** What it is where no rule has found anything: most likely first. */
  readonly otherwise: readonly string[];
  /** Where to look, or what to do, then. */
  readonly fix: string;
  /** What the metric store says of the new version's requests can explain it. */
  readonly isOfMetrics?: true;
  /** What kubelet and scheduler say of the pods explains it first. */
  readonly isOfPods?: true;
}

/**
 * @see fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go, scheduler_hooks.go, pkg/canary/deployment_ready.go
 */
export const symptoms: readonly Symptom[] = [
  {
    pattern: /no values found/,
    what: 'the query of a metric has no value',
    isOfMetrics: true,
    rules: [
      'ingress-bypasses-vs',
      'mesh-gateway-missing',
      'dup-vs-same-host-mesh',
      'ambient-mode',
      'sidecar-not-injected',
      'caller-not-in-mesh',
      'no-inbound-edge',
      'bluegreen-no-load',
      'tcp-no-http-metrics',
      'http-vs-on-tcp-port',
      'builtin-on-kubernetes',
      'builtin-on-gatewayapi',
      'builtin-on-service-target',
      'provider-unknown',
      'prom-missing-envoy-job',
      'servicemonitor-selector',
      'mtls-prom-scrape',
      'telemetry-drops-labels',
      'metrics-server-default',
      'interval-lt-2-scrapes',
      'volume-too-low',
      'loadtester-absent',
      'loadtest-wrong-port',
      'loadtest-wrong-proto',
      'loadtest-bypasses-ingress',
      'loadtest-targets-apex-low-weight',
      'loadtest-starts-late',
      'loadtest-ends-early',
      'threshold-le-coldstart',
      'ab-no-matched-traffic',
      'authz-loadtester',
      'netpol-cuts-rollout',
    ],
    otherwise: [
      'every answer of the new version was an error: the query is empty then, too',
      'no request reached the new version',
      'Prometheus does not scrape its sidecar',
    ],
    fix: 'ask Prometheus for istio_requests_total of the workload: none at all means no request or no scrape, only response_code 5xx means that the new version fails',
  },
  {
    pattern: /success[- ]rate .*\d.*</,
    what: 'too many answers of the new version were errors',
    rules: [
      'threshold-direction',
      'success-min-fraction',

      'portname-default-http-for-grpc',
      'targetport-unknown',
    ],
    otherwise: ['the new version fails: its logs say why', 'something that it calls refuses it'],
    fix: 'read the logs of its pods in the time of the analysis',
  },
  {
    pattern: /request[- ]duration .*>/,
    what: 'the new version answers too slowly',
    rules: ['duration-seconds', 'threshold-direction', 'range-inverted'],
    otherwise: ['the new version is slower', 'its pods have too little CPU, or are cold'],
    fix: 'compare the latency of both versions, and the throttling of their CPU',
  },
  {
    // A metric of its own, by the name that the Canary gives it.
    pattern: /advancement \S+ [-+\w.]+ [<>] /,
    what: 'a metric of the new version was out of its range',
    rules: [
      'threshold-direction',
      'range-inverted',
      'query-target-regex-leak',
      'query-misses-canary',
      'query-equality-regex',
      'query-filters-away',
    ],
    otherwise: ['the new version is worse than the range allows', 'the query counts more than the new version'],
    fix: 'ask the metric store for the query of the metric over the time of the analysis, for both versions',
  },
  {
    pattern:
      /(metric query failed|running query failed|prometheus not avaiable).*(dial tcp|connection refused|no such host|i\/o timeout|context deadline|EOF)/i,
    what: 'Flagger cannot reach its metric store',
    rules: [
      'metrics-server-bad-url',
      'metrics-server-default',
      'mtls-strict-flagger-outside',
      'netpol-cuts-rollout',
      'cross-ns-blocked',
    ],
    otherwise: ['the address of the metric store is wrong', 'it does not run', 'a policy keeps Flagger from it'],
    fix: 'look at -metrics-server of Flagger, and whether a pod of its namespace reaches that address',
  },
  {
    pattern: /(status|code:?) (401|403)\b|unauthorized|forbidden/i,
    what: 'the metric store, or a webhook, refuses Flagger',
    rules: ['metrics-server-auth', 'template-secret-missing', 'authz-loadtester'],
    otherwise: ['the credentials are wrong or have expired'],
    fix: 'renew what the Secret of the MetricTemplate or AlertProvider holds',
  },
  {
    pattern: /[Mm]etric ?[Tt]emplate .*(not found|error)|no usable metrics template|query render error/,
    what: 'a metric has no query',
    rules: [
      'template-missing',
      'metric-no-source',
      'template-render-error',
      'template-secret-missing',
      'query-returns-scalar',
    ],
    otherwise: ['the MetricTemplate is missing, or cannot be rendered'],
    fix: 'create the MetricTemplate that the metric names, in the namespace that it names',
  },
  {
    pattern: /(external check|webhook|hook) .*(failed|error)|advancement external check/i,
    what: 'a webhook has failed',
    rules: [
      'loadtester-absent',
      'webhook-unknown-task',
      'webhook-type-typo',
      'webhook-timeout-short',
      'loadtest-unknown-flag',
      'prerollout-hits-primary',
      'authz-loadtester',
      'cross-ns-blocked',
      'rollback-hook-200',
    ],
    otherwise: ['what the webhook calls is not there, refuses, or takes too long'],
    fix: 'call the address of the webhook from a pod in the namespace of Flagger, and read the logs of the load tester',
  },
  {
    pattern: /exceeded its progress deadline|not ready: waiting for rollout|ProgressDeadlineExceeded/,
    what: 'the pods do not get ready',
    isOfPods: true,
    rules: [
      'deadline-lt-startup',
      'config-missing',
      'quota-double',
      'probe-port-unknown',
      'probe-mtls',
      'antiaffinity-not-rewritten',
      'pvc-rwo-shared',
      'deadline-deploy-vs-canary',
    ],
    otherwise: [
      'its image cannot be pulled',
      'it crashes when it starts',
      'no node has room for it',
      'its readiness probe fails',
    ],
    fix: 'look at its pods (kubectl describe pod): the last events say which it is',
  },
  {
    pattern: /selector|spec\.selector\.matchLabels/,
    what: 'Flagger finds no label by which to tell the pods apart',
    rules: ['selector-label', 'selector-label-ambiguous'],
    otherwise: ['the labels of the Deployment are not those of -selector-labels'],
    fix: 'give the Deployment a selector of the label app alone',
  },
  {
    pattern: /(deployment|daemonset|target|service) .*(not found|does not exist)/i,
    what: 'its target is missing',
    rules: ['target-missing', 'target-kind', 'hpa-ref-missing'],
    otherwise: ['nothing of the name and kind that targetRef says is in its namespace'],
    fix: 'correct targetRef, or create the target',
  },
];
