import { fieldsAt, isFields, parseGoDuration, textAt } from '../../kube';
import type { CanaryView } from '../../world';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

/** @see projectcontour/contour 1.33 apis/projectcontour/v1/httpproxy.go (RetryOn) */
const contourRetryOn = new Set(
  (
    '5xx gateway-error reset reset-before-request connect-failure envoy-ratelimited retriable-4xx refused-stream ' +
    'retriable-status-codes retriable-headers http3-post-connect-failure cancelled deadline-exceeded internal ' +
    'resource-exhausted unavailable'
  ).split(' '),
);
/** @see projectcontour/contour 1.33 apis/projectcontour/v1/httpproxy.go (TimeoutPolicy.Response, RetryPolicy.PerTryTimeout) */
const contourDuration =
  /^(((\d*(\.\d*)?h)|(\d*(\.\d*)?m)|(\d*(\.\d*)?s)|(\d*(\.\d*)?ms)|(\d*(\.\d*)?us)|(\d*(\.\d*)?µs)|(\d*(\.\d*)?ns))+|infinity|infinite)$/;

interface Refusal {
  readonly pointer: string;
  readonly seen: string;
  readonly becomes: string;
  readonly fix: string;
}

export default rule({
  id: 'made-object-refused',
  severity: 'error',
  effect: 'stuck',
  since: '0.2.0',
  why: 'Flagger copies fields of the Canary into the route object that it makes. Where the schema of that object does not allow the copy, the API server refuses it, and the Canary stays Initializing with an event about the route.',
  cause: 'the API server refuses the object that Flagger makes of it',
  source: [
    'fluxcd/flagger v1.44 pkg/router/contour.go (makeRetryPolicy, makeRetryOn, makeTimeoutPolicy)',
    'projectcontour/contour 1.33 apis/projectcontour/v1/httpproxy.go (RetryOn)',
    'istio/api 1.31 kubernetes/customresourcedefinitions.gen.yaml (HTTPRoute.timeout, HTTPRetry.perTryTimeout)',
    'fluxcd/flagger issue 1223',
  ],
  codes: [],
  each: 'canary',
  check(one, report) {
    for (const { pointer, seen, fix } of one.isIstio ? istioRefusals(one) : [])
      report(one, {
        pointer,
        message: `${seen} of Canary "${one.name}" is no duration that VirtualService "${one.apexName}" takes: the API server refuses the route, and the Canary stays Initializing`,
        fix,
      });
    if (one.provider.value !== 'contour') return;
    for (const { pointer, seen, becomes, fix } of contourRefusals(one))
      report(one, {
        pointer,
        message: `${seen} of Canary "${one.name}" becomes ${becomes} in HTTPProxy "${one.apexName}", which its schema refuses: the Canary stays Initializing`,
        fix,
      });
  },
  cases: () => ({
    bad: [
      {
        name: 'a number without a unit for Istio',
        manifests: [
          deployment('web'),
          canary('web', {
            spec: { provider: 'istio' },
            service: { timeout: '30', retries: { attempts: 3, perTryTimeout: '1s' } },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/web',
            pointer: '/spec/service/timeout',
            message:
              'service.timeout "30" of Canary "web" is no duration that VirtualService "web" takes: the API server refuses the route, and the Canary stays Initializing',
          },
        ],
      },
      {
        name: 'retries without retryOn',
        manifests: [
          deployment('web'),
          canary('web', { spec: { provider: 'contour' }, service: { retries: { attempts: 3, perTryTimeout: '5s' } } }),
        ],
        expect: [
          {
            object: 'Canary shop/web',
            pointer: '/spec/service/retries',
            message:
              'service.retries without retryOn of Canary "web" becomes retryOn: [""] in HTTPProxy "web", which its schema refuses: the Canary stays Initializing',
          },
        ],
      },
      {
        name: 'a reason with a blank before it',
        manifests: [
          deployment('web'),
          canary('web', {
            spec: { provider: 'contour' },
            service: { retries: { attempts: 3, retryOn: '5xx, reset' } },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/web',
            pointer: '/spec/service/retries/retryOn',
            message:
              'service.retries.retryOn of Canary "web" becomes retryOn: " reset" in HTTPProxy "web", which its schema refuses: the Canary stays Initializing',
          },
        ],
      },
    ],
    good: [
      {
        name: 'reasons that Contour knows',
        manifests: [
          deployment('web'),
          canary('web', { spec: { provider: 'contour' }, service: { retries: { attempts: 3, retryOn: '5xx,reset' } } }),
        ],
      },
      {
        name: 'Istio takes retries without a reason',
        manifests: [deployment('web'), canary('web', { service: { retries: { attempts: 3 } } })],
      },
    ],
  }),
});

function contourRefusals({ service }: CanaryView): Refusal[] {
  const found: Refusal[] = [];
  const retries = fieldsAt(service, 'retries');
  if (isFields(service.retries)) {
    const reasons = textAt(retries, 'retryOn') ?? '';
    const wrong = reasons.split(',').find((reason) => !contourRetryOn.has(reason));
    if (reasons === '')
      found.push({
        pointer: '/spec/service/retries',
        seen: 'service.retries without retryOn',
        becomes: 'retryOn: [""]',
        fix: 'write service.retries.retryOn, for instance 5xx',
      });
    else if (wrong !== undefined)
      found.push({
        pointer: '/spec/service/retries/retryOn',
        seen: 'service.retries.retryOn',
        becomes: `retryOn: "${wrong}"`,
        fix: `write reasons that Contour knows, separated by a comma alone: ${[...contourRetryOn].join(', ')}`,
      });
  }
  for (const [pointer, value] of [
    ['/spec/service/timeout', textAt(service, 'timeout')],
    ['/spec/service/retries/perTryTimeout', textAt(retries, 'perTryTimeout')],
  ] as const)
    if (value !== undefined && value !== '' && !contourDuration.test(value))
      found.push({
        pointer,
        seen: pointer.slice('/spec/'.length).replaceAll('/', '.'),
        becomes: `"${value}"`,
        fix: 'write a duration with a unit, for instance 15s',
      });
  return found;
}

/** Istio takes durations of Go, of one millisecond or more. */
function istioRefusals({ service }: CanaryView): Omit<Refusal, 'becomes'>[] {
  return [['timeout'], ['retries', 'perTryTimeout'], ['corsPolicy', 'maxAge']].flatMap((path) => {
    const text = textAt(service, ...path);
    if (text === undefined || text === '') return [];
    const duration = parseGoDuration(text);
    if (duration.ok && duration.value >= 1) return [];
    const unit = /^\d+(\.\d+)?$/.test(text) ? `write its unit: ${text}s` : 'write a duration such as 30s';
    return [{ pointer: `/spec/service/${path.join('/')}`, seen: `service.${path.join('.')} "${text}"`, fix: unit }];
  });
}
