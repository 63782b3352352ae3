import { broken, lines } from '../load.fixture';

/** One row a mistake in a canary: what is broken, and every finding's text. */
test.each<[string, (c: any) => void, string[]]>([
  [
    'numbers out of range',
    (c) =>
      (c.services[0].canary = {
        threshold: 0,
        iterations: 0,
        mirrorWeight: 101,
        primaryReadyThreshold: 0,
        canaryReadyThreshold: 1.5,
        progressDeadlineSeconds: 0,
        retries: { attempts: -1 },
      }),
    [
      '/services/0/canary/threshold: threshold cannot be 0 [invalid-number]',
      '/services/0/canary/iterations: iterations cannot be 0 [invalid-number]',
      '/services/0/canary/mirrorWeight: mirrorWeight cannot be 101 [invalid-number]',
      '/services/0/canary/primaryReadyThreshold: primaryReadyThreshold cannot be 0 [invalid-number]',
      '/services/0/canary/canaryReadyThreshold: canaryReadyThreshold cannot be 1.5 [invalid-number]',
      '/services/0/canary/progressDeadlineSeconds: progressDeadlineSeconds cannot be 0 [invalid-number]',
      '/services/0/canary/retries/attempts: attempts cannot be -1 [invalid-number]',
    ],
  ],
  [
    'weights out of range',
    (c) => (c.services[0].canary = { stepWeight: 0, maxWeight: 101, stepWeightPromotion: 0 }),
    [
      '/services/0/canary/stepWeight: stepWeight cannot be 0 [invalid-number]',
      '/services/0/canary/maxWeight: maxWeight cannot be 101 [invalid-number]',
      '/services/0/canary/stepWeightPromotion: stepWeightPromotion cannot be 0 [invalid-number]',
    ],
  ],
  [
    'no weights',
    (c) => (c.services[0].canary = { stepWeights: [] }),
    ['/services/0/canary/stepWeights: stepWeights is empty [canary]'],
  ],
  [
    'a maximum beside a list of weights',
    (c) => (c.services[0].canary = { stepWeights: [10], maxWeight: 50 }),
    ['/services/0/canary/maxWeight: maxWeight means nothing beside stepWeights [canary]'],
  ],
  [
    'durations',
    (c) =>
      (c.services[0].canary = {
        interval: '1h',
        timeout: 'x',
        retries: { attempts: 1, perTryTimeout: '0s' },
        metrics: { interval: '500ms' },
        loadTest: { duration: '1' },
      }),
    [
      '/services/0/canary/interval: interval "1h" does not begin with whole minutes or seconds [invalid-duration]',
      '/services/0/canary/timeout: timeout "x" has a unit without a number [invalid-duration]',
      '/services/0/canary/retries/perTryTimeout: perTryTimeout "0s" is not above zero [duration-too-short]',
      '/services/0/canary/metrics/interval: interval "500ms" is below 1s [duration-too-short]',
      '/services/0/canary/loadTest/duration: duration "1" has a number without a unit (write 30s, 1m or 1h) [invalid-duration]',
    ],
  ],
  [
    'an empty match',
    (c) => (c.services[0].canary = { iterations: 5, match: [] }),
    ['/services/0/canary/match: match is empty [canary]'],
  ],
  [
    'a match of everything',
    (c) => (c.services[0].canary = { iterations: 5, match: [{}] }),
    ['/services/0/canary/match/0: a match has neither headers nor sourceLabels [canary]'],
  ],
  [
    'a match of a header with capitals and two forms',
    (c) => (c.services[0].canary = { iterations: 5, match: [{ headers: { 'X-User': { exact: 'a', regex: 'b' } } }] }),
    [
      '/services/0/canary/match/0/headers/X-User: the header "X-User" has capital letters [canary]',
      '/services/0/canary/match/0/headers/X-User: the match of the header "X-User" has not exactly one form [canary]',
    ],
  ],
  [
    'matches that the Gateway API does not have',
    (c) => {
      c.platform.mesh = 'istio-gateway-api';
      c.services[0].canary = {
        iterations: 5,
        match: [{ headers: { a: { prefix: 'b' } } }, { sourceLabels: { app: 'a' } }],
      };
    },
    [
      '/services/0/canary/match/0/headers/a: the Gateway API cannot match a header by prefix [canary]',
      '/services/0/canary/match/1: the Gateway API cannot match sourceLabels [canary]',
    ],
  ],
  [
    'a mirror and a match',
    (c) => (c.services[0].canary = { iterations: 5, mirror: true, match: [{ headers: { a: { exact: 'b' } } }] }),
    ['/services/0/canary/mirror: mirror and match exclude each other [canary]'],
  ],
  [
    'a mirror with session affinity',
    (c) => (c.services[0].canary = { mirror: true, sessionAffinity: { cookieName: '', maxAge: 0 } }),
    [
      '/services/0/canary/mirror: mirror with sessionAffinity and weights never leaves weight 0 [canary]',
      '/services/0/canary/sessionAffinity/cookieName: the cookie has no name [canary]',
      '/services/0/canary/sessionAffinity/maxAge: maxAge cannot be 0 [invalid-number]',
    ],
  ],
  [
    'a mirror with weights on the Gateway API',
    (c) => {
      c.platform.mesh = 'istio-ambient';
      c.services[0].canary = { mirror: true };
    },
    ['/services/0/canary/mirror: on the Gateway API a mirror with weights never leaves weight 0 [canary]'],
  ],
  [
    'mirror, match and load test of tcp',
    (c) => {
      c.services[1].ports[0].protocol = 'tcp';
      c.services[1].canary = { iterations: 5, mirror: true, match: [{ sourceLabels: { app: 'web' } }], loadTest: {} };
    },
    [
      '/services/1/canary/mirror: mirror and match exclude each other [canary]',
      '/services/1/canary/mirror: TCP connections cannot be mirrored [canary]',
      '/services/1/canary/match: TCP connections have no headers to match [canary]',
      '/services/1/canary/loadTest: there is no load test for TCP [canary]',
    ],
  ],
  [
    'what needs a mesh',
    (c) => {
      c.platform.mesh = 'kubernetes';
      c.services[0].canary = {
        iterations: 5,
        mirror: true,
        sessionAffinity: { cookieName: 'a' },
        match: [{ headers: { a: { exact: 'b' } } }],
      };
    },
    [
      '/services/0/canary/mirror: mirror and match exclude each other [canary]',
      '/services/0/canary/mirror: without a mesh nothing is mirrored [canary]',
      '/services/0/canary/sessionAffinity: without a mesh there is no session affinity [canary]',
      '/services/0/canary/match: without a mesh requests cannot be matched [canary]',
    ],
  ],
  [
    'metrics',
    (c) =>
      (c.services[0].canary = {
        metrics: {
          durationMaxMilliseconds: 0.5,
          successRateMinPercent: 101,
          custom: [
            { name: 'request-duration', query: ' ', max: 1 },
            { name: 'A', query: 'x', min: 2, max: 1 },
            { name: 'b', query: 'x', interval: '1d' },
          ],
        },
      }),
    [
      '/services/0/canary/metrics/durationMaxMilliseconds: durationMaxMilliseconds 0.5 is not a whole number of milliseconds [metric-threshold]',
      '/services/0/canary/metrics/successRateMinPercent: successRateMinPercent 101 is not a percentage above 1 and up to 100 [metric-threshold]',
      '/services/0/canary/metrics/custom/0/name: the metric name "request-duration" is taken [duplicate-metric]',
      '/services/0/canary/metrics/custom/0/query: the metric "request-duration" has an empty query [metric-query]',
      '/services/0/canary/metrics/custom/1/name: the metric name "A" must consist of lower case letters, digits and "-", and start and end with a letter or digit [invalid-name]',
      '/services/0/canary/metrics/custom/1/min: min 2 is above max 1 [metric-threshold]',
      '/services/0/canary/metrics/custom/2: the metric "b" has neither min nor max [metric-threshold]',
      '/services/0/canary/metrics/custom/2/interval: interval "1d" has the unknown unit "d" (h, m, s, ms, us and ns exist) [invalid-duration]',
    ],
  ],
  [
    'webhooks',
    (c) =>
      (c.services[0].canary = {
        loadTest: {},
        webhooks: [
          { name: 'load-test', type: 'rollout', url: 'tcp://x', timeout: '1', retries: -1 },
          { name: '', type: 'event', url: '' },
        ],
      }),
    [
      '/services/0/canary/webhooks/0/name: the webhook name "load-test" is taken [webhook]',
      '/services/0/canary/webhooks/0/url: "tcp://x" is not an http address [webhook]',
      '/services/0/canary/webhooks/0/timeout: timeout "1" has a number without a unit (write 30s, 1m or 1h) [invalid-duration]',
      '/services/0/canary/webhooks/0/retries: retries cannot be -1 [invalid-number]',
      '/services/0/canary/webhooks/1/name: a webhook has no name [webhook]',
      '/services/0/canary/webhooks/1/url: "" is not an http address [webhook]',
    ],
  ],
  [
    'the load test',
    (c) =>
      (c.services[0].canary = {
        loadTest: { requestsPerSecond: 0, concurrency: 1.5, path: 'x', headers: { a: "';" }, grpcCall: '$(x)' },
      }),
    [
      '/services/0/canary/loadTest/requestsPerSecond: requestsPerSecond cannot be 0 [invalid-number]',
      '/services/0/canary/loadTest/concurrency: concurrency cannot be 1.5 [invalid-number]',
      '/services/0/canary/loadTest/path: the path "x" does not begin with "/" [canary]',
      '/services/0/canary/loadTest/headers/a: "\';" has characters that a shell would read [canary]',
      '/services/0/canary/loadTest/grpcCall: "$(x)" has characters that a shell would read [canary]',
    ],
  ],
  [
    'a strategy in the defaults and another in an override',
    (c) => {
      c.defaults.canary = { stepWeight: 10 };
      c.clusters[1].services = { web: { canary: { iterations: 5 } } };
    },
    [
      '/clusters/1/services/web/canary/iterations: a canary has one of iterations, stepWeight, stepWeights, not iterations and stepWeight [canary]',
    ],
  ],
])('%s', (_, change, expected) => {
  expect(lines(broken(change))).toEqual(expected);
});
