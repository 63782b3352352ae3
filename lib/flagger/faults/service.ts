import {
  at,
  dnsLabelError,
  fieldsAt,
  numberAt,
  parseGoDuration,
  portNameError,
  serviceNameError,
  textAt,
  textsAt,
  wildcardHostError,
} from '../../kube';
import { type FaultHit, type FaultRow, type FaultSubject, hitIf, isFilledInLater, none, quoted } from './fault';

/** Longest name whose `-primary` form is still a label's value and a Service's name. */
export const longestName = 55;

/** Durations that Istio or the Gateway API reads. */
const durations: readonly (readonly string[])[] = [
  ['timeout'],
  ['backendTimeout'],
  ['retries', 'perTryTimeout'],
  ['corsPolicy', 'maxAge'],
];

/** Faults of names, ports, hosts and the other fields of `spec.service` and of what a Canary refers to. */
export const serviceRows: readonly FaultRow[] = [
  {
    code: 'name-too-long',
    severity: 'error',
    cause: 'Flagger makes objects and a label with "-primary" behind the name, which may have 63 characters',
    cure: `use a name of up to ${longestName} characters`,
    source: 'fluxcd/flagger v1.44 pkg/canary/deployment_controller.go, pkg/router/kubernetes_default.go',
    find: ({ spec }) =>
      namesOf(spec).flatMap(([pointer, name]) =>
        hitIf(name.length > longestName, () => ({
          pointer,
          says: `the name has ${name.length} characters; "${name}-primary" must be a DNS label, so at most ${longestName}`,
        })),
      ),
  },
  {
    code: 'invalid-name',
    severity: 'error',
    cause: 'the API server refuses objects of such a name',
    cure: 'use lower case letters, digits and "-"',
    source: 'kubernetes 1.36 pkg/apis/core/validation (ValidateServiceName)',
    find: ({ spec, service }) => [
      ...namesOf(spec).flatMap(([pointer, name]) => {
        const isService = pointer === '/service/name' || textAt(service, 'name') === undefined;
        const error = name.length > longestName ? undefined : isService ? serviceNameError(name) : dnsLabelError(name);
        return error === undefined ? none : [{ pointer, says: `${quoted(name)} ${error}` }];
      }),
      ...['autoscalerRef', 'ingressRef', 'routeRef', 'upstreamRef'].flatMap((field) =>
        hitIf(textAt(spec, field, 'name') === '', () => ({ pointer: `/${field}/name`, says: 'is empty' })),
      ),
    ],
  },
  {
    code: 'invalid-port',
    severity: 'error',
    cause: 'the API server refuses Services with such a port',
    cure: 'write a number from 1 to 65535, or for targetPort the name of a container port',
    source: 'kubernetes 1.36 pkg/apis/core/validation (ValidateService)',
    find: ({ service }) => {
      const isPort = (value: number) => Number.isInteger(value) && value >= 1 && value <= 65535;
      const port = numberAt(service, 'port');
      const target = at(service, 'targetPort');
      const portName = textAt(service, 'portName');
      const targetError =
        typeof target === 'number'
          ? // 0 is the port itself. @see fluxcd/flagger v1.44 pkg/router/kubernetes_default.go
            target !== 0 && !isPort(target)
          : typeof target === 'string' && target !== '' && !/^\d+$/.test(target) && portNameError(target) !== undefined;
      // Flagger writes the name into a Service, where any DNS label is a port's name.
      const nameError = portName === undefined || portName === '' ? undefined : dnsLabelError(portName);
      return [
        ...hitIf(port !== undefined && Number.isInteger(port) && !isPort(port), () => ({
          pointer: '/service/port',
          says: `${port} is no port`,
        })),
        ...hitIf(targetError, () => ({ pointer: '/service/targetPort', says: `${quoted(target)} is no port` })),
        ...(nameError === undefined
          ? none
          : [{ pointer: '/service/portName', says: `${quoted(portName)} ${nameError}` }]),
      ];
    },
  },
  {
    code: 'invalid-duration',
    severity: 'error',
    cause: 'the API server refuses the route that Flagger writes with it',
    cure: 'write a duration such as "30s" or "2m"',
    source: 'istio/api 1.31 networking/v1 (Duration); gateway-api v1.6 Duration',
    find: ({ service }) =>
      durations.flatMap((path): readonly FaultHit[] => {
        const text = at(service, ...(path as [string]));
        if (typeof text !== 'string' || text === '' || isFilledInLater(text)) return none;
        const parsed = parseGoDuration(text);
        return parsed.ok
          ? hitIf(parsed.value < 0, () => ({
              pointer: `/service/${path.join('/')}`,
              says: `${quoted(text)} is below zero`,
            }))
          : [{ pointer: `/service/${path.join('/')}`, says: `${quoted(text)} is not a duration: it ${parsed.error}` }];
      }),
  },
  {
    code: 'invalid-host',
    severity: 'error',
    cause: 'the API server refuses the route that Flagger writes with it',
    cure: 'write a DNS name, with "*." in front for all of a domain',
    source: 'istio/istio 1.31 pkg/config/validation (ValidateWildcardDomain); gateway-api v1.6 Hostname',
    find: ({ service, provider }) =>
      provider && !provider.serviceFields.includes('hosts')
        ? none
        : textsAt(service, 'hosts').flatMap((host, index): readonly FaultHit[] => {
            const fault = isFilledInLater(host) ? undefined : hostFault(host, provider?.id === 'gatewayapi');
            return fault === undefined ? none : [{ pointer: `/service/hosts/${index}`, ...fault }];
          }),
  },
  {
    code: 'invalid-gateway',
    severity: 'error',
    cause: 'Istio takes "mesh", a name, or "namespace/name"',
    cure: 'write it like "istio-ingress/public"',
    source: 'istio/istio 1.31 pkg/config/validation (validateGatewayNames)',
    find: ({ service, provider }) =>
      provider && provider.id !== 'istio'
        ? none
        : textsAt(service, 'gateways').flatMap((gateway, index): readonly FaultHit[] =>
            // The old form is a host: name.namespace.svc.cluster.local.
            hitIf(
              !isFilledInLater(gateway) &&
                !/^([a-z0-9]([-a-z0-9]*[a-z0-9])?\/)?[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(gateway),
              () => ({
                pointer: `/service/gateways/${index}`,
                says: `${quoted(gateway)} is no name of a gateway`,
              }),
            ),
          ),
  },
  {
    code: 'service-omitted',
    severity: 'error',
    cause: 'Flagger makes its Services with the port, and port 0 is refused',
    cure: 'write service.port: the one by which callers reach the workload',
    source: 'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go',
    find: ({ spec, provider }) =>
      hitIf(
        spec.service === undefined &&
          provider?.makesServices !== false &&
          textAt(spec, 'targetRef', 'kind') !== 'Service',
        () => ({ pointer: '/service', says: 'is missing' }),
      ),
  },
  {
    code: 'hpa-min-gt-max',
    severity: 'error',
    cause: 'the API server refuses the autoscaler that Flagger makes of it',
    cure: 'swap them',
    source: 'fluxcd/flagger v1.44 pkg/canary/hpa_reconciler.go',
    find: ({ spec }) => {
      const bounds = fieldsAt(spec, 'autoscalerRef', 'primaryScalerReplicas');
      const [min, max] = [numberAt(bounds, 'minReplicas'), numberAt(bounds, 'maxReplicas')];
      return hitIf(min !== undefined && max !== undefined && min > max, () => ({
        pointer: '/autoscalerRef/primaryScalerReplicas/minReplicas',
        says: `${min} is above maxReplicas ${max}`,
      }));
    },
  },
  {
    code: 'progress-deadline',
    severity: 'error',
    cause: 'the rollout fails before the pods can start',
    cure: 'write seconds above 0',
    source: 'fluxcd/flagger v1.44 pkg/canary/deployment_ready.go',
    find: ({ spec }) => {
      const seconds = numberAt(spec, 'progressDeadlineSeconds');
      return hitIf(seconds !== undefined && seconds < 1, () => ({
        pointer: '/progressDeadlineSeconds',
        says: `${seconds} is below 1`,
      }));
    },
  },
  {
    code: 'metrics-server-bad-url',
    severity: 'error',
    cause: 'Flagger asks this address for the built-in and inline queries',
    cure: 'write it like "http://prometheus.monitoring:9090"',
    source: 'fluxcd/flagger v1.44 pkg/metrics/observers/factory.go',
    find: ({ spec }) => {
      const url = textAt(spec, 'metricsServer');
      return hitIf(url !== undefined && url !== '' && !isFilledInLater(url) && !isHttp(url), () => ({
        pointer: '/metricsServer',
        says: `${quoted(url)} is not an http address`,
      }));
    },
  },
];

/** What nearly all addresses look like: to parse one takes longer than all else that is asked of a webhook. */
const PLAIN_ADDRESS = /^https?:\/\/[a-z0-9]+([-.][a-z0-9]+)*(:\d{1,4})?\/?$/;

/** Whether a text is an address of http or https. */
export function isHttp(text: string): boolean {
  return PLAIN_ADDRESS.test(text) || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol));
}

/**
 * Istio takes every host, an address, and capitals as well; the Gateway API's definition has none for "every host", no capitals, and
 * of addresses those with dots. @see istio/istio 1.31 pkg/config/validation/validation.go (ValidateVirtualService), gateway-api v1.6 Hostname
 */
function hostFault(host: string, isGatewayApi: boolean): Omit<FaultHit, 'pointer'> | undefined {
  if (host === '*')
    return isGatewayApi
      ? { says: '"*" is no name for the Gateway API', cure: 'leave hosts out, which stands for every host' }
      : undefined;
  if (/^\d+(\.\d+){3}$/.test(host) || (!isGatewayApi && /^[\da-f]*(:[\da-f]*){2,7}$/i.test(host))) return undefined;
  const error = wildcardHostError(isGatewayApi ? host : host.toLowerCase());
  return error === undefined ? undefined : { says: `${quoted(host)} ${error}` };
}

/** The names that Flagger puts `-primary` and `-canary` behind. */
function namesOf(spec: FaultSubject['spec']): (readonly [pointer: string, name: string])[] {
  const target = textAt(spec, 'targetRef', 'name');
  const service = textAt(spec, 'service', 'name');
  return [
    ...(target === undefined || isFilledInLater(target) ? [] : [['/targetRef/name', target] as const]),
    ...(service === undefined || service === '' || isFilledInLater(service)
      ? []
      : [['/service/name', service] as const]),
  ];
}
