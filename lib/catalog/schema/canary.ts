import * as z from 'zod';
import { later, number, text } from './field';

const flag = (description: string) => z.boolean().register(z.globalRegistry, { description });
const map = (description: string) => z.record(z.string(), z.string()).register(z.globalRegistry, { description });

const stringMatch = later(() =>
  z
    .strictObject({
      exact: text('The whole text.').optional(),
      prefix: text('Its beginning. Not on the Gateway API.').optional(),
      suffix: text('Its end. Not on the Gateway API.').optional(),
      regex: text('A regular expression (RE2) for the whole text.').optional(),
    })
    .register(z.globalRegistry, { description: 'One of exact, prefix, suffix, regex.' }),
);

/** A webhook of an analysis. */
export const webhookSchema = later(() =>
  z
    .strictObject({
      name: text('Unique in the canary.'),
      type: z
        .enum([
          'confirm-rollout',
          'pre-rollout',
          'rollout',
          'confirm-traffic-increase',
          'confirm-promotion',
          'post-rollout',
          'rollback',
          'event',
        ])
        .register(z.globalRegistry, { description: 'When Flagger calls it.' }),
      url: text('Address; success is a status up to 202.', 'http://flagger-loadtester.flagger-system/gate/check'),
      timeout: text('Go duration. Default: `10s`.').optional(),
      retries: number('Default: 0.').optional(),
      muteAlert: flag('No alert when it fails. Default: false.').optional(),
      disableTLS: flag('Accept any certificate. Default: false.').optional(),
      metadata: map('Sent along.').optional(),
    })
    .register(z.globalRegistry, { description: 'A webhook of Flagger.' }),
);

/** A metric of one's own: PromQL and its bounds. */
export const customMetricSchema = later(() =>
  z
    .strictObject({
      name: text("DNS label; not one of Flagger's built-in names.", 'queue-depth'),
      query: text(
        "PromQL, or what the store takes, for one number, with Flagger's functions `{{ target }}`, `{{ namespace }}`, `{{ interval }}`.",
      ),
      min: number('Least good value.').optional(),
      max: number('Largest good value.').optional(),
      interval: text('Window. Default: that of all metrics.').optional(),
      store: text('Where it is asked: a name of `platform.metricStores`. Default: Prometheus.', 'datadog').optional(),
    })
    .register(z.globalRegistry, { description: 'A check of your own: becomes a MetricTemplate. Needs min or max.' }),
);

/** A Flagger rollout. The strategy follows from the fields, as Flagger itself decides it. */
export const canarySchema = later(() =>
  z
    .strictObject({
      interval: text('Time between ticks, a Go duration of at least 10s. Default: `1m`.', '1m').optional(),
      threshold: number('Failed ticks until the rollback, over the whole rollout. Default: 5.').optional(),
      stepWeight: number('Percent of traffic that is added a tick. Default: 10.', 10).optional(),
      stepWeights: z
        .array(z.number())
        .register(z.globalRegistry, { description: 'Rising percents instead of stepWeight.', examples: [[5, 20, 50]] })
        .optional(),
      maxWeight: number('Percent at which the canary is promoted. Default: 50.').optional(),
      stepWeightPromotion: number(
        'Percent that moves back to the promoted primary a tick. Default: all at once.',
      ).optional(),
      iterations: number('Ticks of an A/B test (with match) or of Blue/Green (without).').optional(),
      match: z
        .array(
          z
            .strictObject({
              headers: z
                .record(z.string(), stringMatch)
                .register(z.globalRegistry, { description: 'Headers by lower-case name.' })
                .optional(),
              queryParams: z
                .record(z.string(), stringMatch)
                .register(z.globalRegistry, { description: 'Query parameters by name: exact, prefix or regex.' })
                .optional(),
              sourceLabels: map('Labels of calling pods. Istio with sidecars only.').optional(),
            })
            .register(z.globalRegistry, { description: 'Requests that go to the canary.' }),
        )
        .register(z.globalRegistry, { description: 'Makes an A/B test; needs iterations.' })
        .optional(),
      mirror: flag(
        'Copy requests to the canary before any weight. Only for requests that may happen twice. Default: false.',
      ).optional(),
      mirrorWeight: number('Percent of requests that are copied. Default: 100.').optional(),
      sessionAffinity: z
        .strictObject({
          cookieName: text('Name of the cookie.', 'shop-canary'),
          primaryCookieName: text('A second cookie for those who came to the primary. Default: none.').optional(),
          maxAge: number('Seconds that it lasts. Default: 86400.').optional(),
          domain: text('Domain of the cookie. Default: the host.').optional(),
          path: text('Path of the cookie. Default: that of the request.').optional(),
          httpOnly: flag('Not for scripts. Default: false.').optional(),
          secure: flag('Only with TLS. Default: false.').optional(),
          partitioned: flag('Partitioned storage. Default: false.').optional(),
          sameSite: z
            .enum(['Strict', 'Lax', 'None'])
            .register(z.globalRegistry, { description: 'With requests of other sites.' })
            .optional(),
        })
        .register(z.globalRegistry, { description: 'Keeps a user on the side that served the first request.' })
        .optional(),
      skipAnalysis: flag('Promote as soon as the pods are ready. Default: false.').optional(),
      suspend: flag('Hold everything: no rollout starts or goes on. Default: false.').optional(),
      revertOnDeletion: flag(
        'Hand traffic and pods back to the Deployment when the canary is switched off. Default: true.',
      ).optional(),
      progressDeadlineSeconds: number(
        "Seconds that the canary's pods may take to become available. Default: that of the service.",
      ).optional(),
      primaryReadyThreshold: number("Percent of the primary's pods that must be ready. Default: 100.").optional(),
      canaryReadyThreshold: number("Percent of the canary's pods that must be ready. Default: 100.").optional(),
      metrics: z
        .strictObject({
          interval: text(
            'Window of the queries, a Go duration; four scrapes or more. Default: the interval, at least `1m`.',
          ).optional(),
          successRateMinPercent: z
            .union([z.literal(false), z.number()])
            .register(z.globalRegistry, {
              description:
                'Percent of requests that must not fail; for gRPC by `grpc_response_status`. `false`: no such check. Default: 99.',
            })
            .optional(),
          grpcSuccessCodes: z
            .array(z.number().int().min(0).max(16))
            .min(1)
            .register(z.globalRegistry, {
              description:
                'gRPC status codes that are no failure. Add 7 (denied) and 16 (unauthenticated) where denying is a matter of course. Default: 0, 1, 3, 5, 6, 9, 11.',
            })
            .optional(),
          durationMaxMilliseconds: z
            .union([z.literal(false), z.number()])
            .register(z.globalRegistry, {
              description:
                '99th percentile of the duration in whole milliseconds. `false`: no such check. Default: 500.',
            })
            .optional(),
          custom: z
            .array(customMetricSchema)
            .register(z.globalRegistry, { description: 'Checks of your own.' })
            .optional(),
        })
        .register(z.globalRegistry, { description: 'What is measured. Not for TCP, and not without a mesh.' })
        .optional(),
      loadTest: z
        .union([
          z
            .literal(false)
            .register(z.globalRegistry, { description: "None: the service's callers are traffic enough." }),
          z.strictObject({
            requestsPerSecond: number('In total. Default: 10.').optional(),
            concurrency: number('Connections at a time. Default: 2.').optional(),
            duration: text('Of one run, a Go duration. Default: two intervals less five seconds.').optional(),
            path: text('HTTP: path. Default: `/`.').optional(),
            headers: map('HTTP: headers.').optional(),
            grpcCall: text('gRPC: method. Default: the health check.', 'grpc.health.v1.Health/Check').optional(),
            grpcProto: text(
              'gRPC: proto file in the load tester. Default: the health proto; with another method server reflection.',
            ).optional(),
          }),
        ])
        .register(z.globalRegistry, {
          description: 'Requests to the canary while it is analysed (hey for HTTP, ghz for gRPC). Default: none.',
        })
        .optional(),
      webhooks: z.array(webhookSchema).register(z.globalRegistry, { description: 'Webhooks, in order.' }).optional(),
      alerts: flag('Tell the alert channel of the platform. Default: true where there is one.').optional(),
      primaryScalerReplicas: z
        .strictObject({
          minReplicas: number('Least number of pods.').optional(),
          maxReplicas: number('Largest number of pods.').optional(),
        })
        .register(z.globalRegistry, {
          description: "Bounds of the primary's autoscaler. Default: those of the service.",
        })
        .optional(),
      timeout: text('Request timeout, a Go duration. Default: none.').optional(),
      retries: z
        .strictObject({
          attempts: number('Number of retries.'),
          perTryTimeout: text('Go duration.').optional(),
          retryOn: text('Conditions, as Envoy names them.', 'gateway-error,connect-failure').optional(),
        })
        .register(z.globalRegistry, { description: 'Retries by the mesh. Istio with sidecars only.' })
        .optional(),
      spec: z
        .record(z.string(), z.unknown())
        .register(z.globalRegistry, {
          description:
            "Any part of the Canary's `spec` as Flagger has it, over what the other fields make: for what has no field here. Objects are merged, lists replaced, `null` takes a field away. It is judged with the rest.",
          examples: [{ service: { headless: true } }],
        })
        .optional(),
      allow: z
        .array(z.string())
        .register(z.globalRegistry, {
          description:
            'Codes of faults that are meant: what Flagger accepts and does otherwise than written. What can never succeed cannot be allowed.',
          examples: [['interval-clamped']],
        })
        .optional(),
    })
    .register(z.globalRegistry, {
      description: 'A Flagger canary. With weights, A/B (match and iterations) or Blue/Green (iterations).',
    }),
);
