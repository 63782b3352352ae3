import { fieldsAt, isFields, listAt, textAt } from '../../kube';
import type { ServiceField } from '../providers';
import { type FaultHit, type FaultRow, type FaultSubject, hitIf, isWeighed, none } from './fault';

const ROUTERS = 'fluxcd/flagger v1.44 pkg/router';

/** Fields of `spec.service` that some router reads; the others belong to the Services, which are made for every provider. */
const routedFields: readonly ServiceField[] = [
  'backends',
  'backendTimeout',
  'corsPolicy',
  'delegation',
  'gatewayRefs',
  'gateways',
  'headers',
  'hosts',
  'match',
  'meshName',
  'mirror',
  'retries',
  'rewrite',
  'timeout',
  'trafficPolicy',
];

const isSaid = (value: unknown): boolean =>
  value !== undefined && value !== false && value !== '' && !(Array.isArray(value) && value.length === 0);

const isTcp = ({ service }: FaultSubject): boolean => textAt(service, 'appProtocol')?.toLowerCase() === 'tcp';

/** Faults that follow from what the provider's router can do and what it needs. */
export const providerRows: readonly FaultRow[] = [
  {
    code: 'provider-reference-missing',
    severity: 'error',
    cause: 'without the object that carries the traffic the router fails, and the Canary stays Initializing',
    cure: 'name it',
    source: `${ROUTERS}/ingress.go, skipper.go, apisix.go (Reconcile)`,
    find: ({ provider, providerValue, spec }) => {
      const reference = provider?.reference;
      return hitIf(Boolean(reference?.isRequired) && !textAt(spec, reference!.field, 'name'), () => ({
        pointer: `/${reference?.field}`,
        says: `is missing: provider ${providerValue} finds the traffic by it`,
        cure: `name the ${reference?.kind}`,
      }));
    },
  },
  {
    code: 'provider-reference-unread',
    severity: 'warning',
    cause: 'another provider reads it',
    cure: 'remove it, or choose the provider that it is for',
    source: `${ROUTERS}/factory.go (MeshRouter)`,
    find: ({ provider, providerValue, spec }) =>
      provider
        ? ['ingressRef', 'routeRef', 'upstreamRef']
            .filter((field) => isSaid(spec[field]) && provider.reference?.field !== field)
            .map((field) => ({ pointer: `/${field}`, says: `is not read by provider ${providerValue}` }))
        : none,
  },
  {
    code: 'gwapi-no-refs',
    severity: 'error',
    cause: 'the HTTPRoute needs a parent: without one the router fails, and the Canary stays Initializing',
    cure: 'name a Gateway, or the Service for callers of the mesh',
    source: `${ROUTERS}/gateway_api.go (Reconcile)`,
    find: ({ provider, providerValue, service }) =>
      hitIf(Boolean(provider?.needsGatewayRefs) && listAt(service, 'gatewayRefs').length === 0, () => ({
        pointer: '/service/gatewayRefs',
        says: `is missing: provider ${providerValue} attaches its route to it`,
      })),
  },
  {
    code: 'knative-mismatch',
    severity: 'error',
    cause: 'Flagger takes a Knative Service with provider knative only, and nothing else with it',
    cure: 'use provider knative and a target of serving.knative.dev/v1 together, or neither',
    source: 'fluxcd/flagger v1.44 pkg/controller/controller.go (verifyKnativeCanary)',
    find: ({ providerValue, spec }) => {
      const isKnative =
        textAt(spec, 'targetRef', 'kind') === 'Service' &&
        textAt(spec, 'targetRef', 'apiVersion') === 'serving.knative.dev/v1';
      return [
        ...hitIf(isKnative !== (providerValue === 'knative'), () => ({
          pointer: '/targetRef',
          says: isKnative
            ? `is a Knative Service, and the provider is ${providerValue || 'not said'}`
            : `is no Knative Service, and the provider is ${providerValue}`,
        })),
        ...hitIf(isKnative && isFields(spec.autoscalerRef), () => ({
          pointer: '/autoscalerRef',
          says: 'is not taken beside a Knative Service',
          cure: 'remove it: Knative scales by itself',
          edit: { value: undefined },
        })),
      ];
    },
  },
  {
    code: 'service-field-unread',
    severity: 'warning',
    cause: 'each provider reads its own fields of service; what it does not read is dropped without a word',
    cure: 'remove it, or say it in an object of your own',
    source: ROUTERS,
    find: ({ provider, providerValue, service }) =>
      provider
        ? routedFields
            .filter((field) => isSaid(service[field]) && !provider.serviceFields.includes(field))
            .map((field) => ({
              pointer: `/service/${field}`,
              says: `is not read by provider ${providerValue}`,
              edit: { value: undefined },
            }))
        : none,
  },
  {
    code: 'weight-on-kubernetes',
    severity: 'warning',
    cause: 'nothing routes by weight there: Flagger warns at every tick and counts ten iterations',
    cure: 'use iterations (Blue/Green)',
    source: 'fluxcd/flagger v1.44 pkg/controller/scheduler.go (advanceCanary)',
    find: ({ provider, analysis, providerValue }) =>
      provider && !provider.can.weigh
        ? ['stepWeight', 'stepWeights']
            .filter((field) => analysis.raw[field] !== undefined)
            .map((field) => ({
              pointer: `/analysis/${field}`,
              says: `cannot be done: provider ${providerValue} cannot weigh traffic`,
            }))
        : none,
  },
  {
    code: 'ab-unsupported-provider',
    severity: 'warning',
    cause: 'this provider cannot tell requests apart: all of them would go to one side',
    cure: 'remove match',
    source: `${ROUTERS}, docs/gitbook/usage/deployment-strategies.md (A/B Testing)`,
    find: ({ provider, analysis, providerValue }) =>
      hitIf(
        provider !== undefined && listAt(analysis.raw, 'match').length > 0 && provider.can.matchHeaders.length === 0,
        () => ({
          pointer: '/analysis/match',
          says: `cannot be done: provider ${providerValue} cannot match requests`,
          edit: { value: undefined },
        }),
      ),
  },
  {
    code: 'match-unsupported',
    severity: 'warning',
    cause: 'a match that the provider does not know is dropped, and all requests may go to the canary',
    cure: 'match in a way that the provider knows',
    source: `${ROUTERS}/gateway_api.go (mapRouteMatches), contour.go (makeConditions), gloo.go (getHeaderMatchers)`,
    find: unsupportedMatches,
  },
  {
    code: 'mirror-unsupported',
    severity: 'warning',
    cause: 'this provider cannot mirror: the canary is judged without the traffic that was meant for it',
    cure: 'remove mirror, or use Istio or the Gateway API',
    source: 'fluxcd/flagger v1.44 docs/gitbook/usage/deployment-strategies.md (Blue/Green with Traffic Mirroring)',
    find: ({ provider, analysis, providerValue }) =>
      hitIf(analysis.mirror && provider?.can.mirror === 'none', () => ({
        pointer: '/analysis/mirror',
        says: `cannot be done: provider ${providerValue} cannot mirror`,
        edit: { value: undefined },
      })),
  },
  {
    code: 'gwapi-mirror-with-weights',
    severity: 'error',
    cause: 'the route gets a mirror during iterations only, so Flagger waits for it at weight 0 for ever',
    cure: 'use iterations',
    source: `${ROUTERS}/gateway_api.go (SetRoutes), pkg/controller/scheduler.go (runCanary)`,
    find: (subject) =>
      hitIf(isWeighed(subject) && subject.analysis.mirror && subject.provider?.can.mirror === 'iterations', () => ({
        pointer: '/analysis/mirror',
        says: `with weights never leaves weight 0 on provider ${subject.providerValue}`,
      })),
  },
  {
    code: 'mirror-with-session-affinity',
    severity: 'error',
    cause:
      'Flagger reads the mirror from another rule of the route than it writes it to, and waits at weight 0 for ever',
    cure: 'drop one of them, or use iterations',
    source: `${ROUTERS}/istio.go (SetRoutes, GetRoutes)`,
    find: (subject) =>
      hitIf(isWeighed(subject) && subject.analysis.mirror && subject.analysis.sessionAffinity !== undefined, () => ({
        pointer: '/analysis/mirror',
        says: 'with sessionAffinity and weights never leaves weight 0',
      })),
  },
  {
    code: 'mirror-with-match',
    severity: 'warning',
    cause: 'Flagger erases the mirror when it writes the match',
    cure: 'drop one of them',
    source: `${ROUTERS}/istio.go (SetRoutes)`,
    find: ({ analysis }) =>
      hitIf(analysis.mirror && analysis.match.length > 0, () => ({
        pointer: '/analysis/mirror',
        says: 'and match exclude each other: Flagger drops the mirror',
      })),
  },
  {
    code: 'mirrorweight-unread',
    severity: 'warning',
    cause: 'mirrorWeight is read for Istio only: elsewhere every request is copied',
    cure: 'remove it',
    source: `${ROUTERS}/istio.go (SetRoutes)`,
    find: ({ analysis, provider, providerValue }) =>
      hitIf(
        analysis.mirror &&
          provider?.can.mirror !== 'none' &&
          provider?.can.mirrorShare === false &&
          isSaid(analysis.raw.mirrorWeight),
        () => ({
          pointer: '/analysis/mirrorWeight',
          says: `is not read by provider ${providerValue}`,
          edit: { value: undefined },
        }),
      ),
  },
  {
    code: 'tcp-mirror',
    severity: 'error',
    cause: 'TCP connections cannot be mirrored: the analysis would never advance',
    cure: 'remove mirror',
    source: `${ROUTERS}/istio.go (SetRoutes)`,
    find: (subject) =>
      hitIf(subject.analysis.mirror && isTcp(subject) && subject.provider?.id === 'istio', () => ({
        pointer: '/analysis/mirror',
        says: 'cannot be done: TCP connections cannot be mirrored',
        edit: { value: undefined },
      })),
  },
  {
    code: 'tcp-ab',
    severity: 'error',
    cause: 'TCP connections have no headers: all of them would go to the canary',
    cure: 'remove match',
    source: `${ROUTERS}/istio.go (isTcp, SetRoutes)`,
    find: (subject) =>
      hitIf(subject.analysis.match.length > 0 && isTcp(subject) && subject.provider?.id === 'istio', () => ({
        pointer: '/analysis/match',
        says: 'cannot be done: TCP connections have no headers, all of them would go to the canary',
        edit: { value: undefined },
      })),
  },
  {
    code: 'session-unsupported',
    severity: 'warning',
    cause: 'this provider has no session affinity',
    cure: 'remove sessionAffinity, or use Istio or the Gateway API',
    source: `${ROUTERS}/istio.go, gateway_api.go (getSessionAffinityRouteRules)`,
    find: ({ analysis, provider, providerValue }) =>
      hitIf(analysis.sessionAffinity !== undefined && provider?.can.affinity === false, () => ({
        pointer: '/analysis/sessionAffinity',
        says: `cannot be done: provider ${providerValue} has no session affinity`,
        edit: { value: undefined },
      })),
  },
];

function unsupportedMatches({ provider, providerValue, analysis }: FaultSubject): FaultHit[] {
  if (!provider || provider.can.matchHeaders.length === 0) return [];
  const { matchHeaders, matchQuery, matchSource } = provider.can;
  return analysis.match.flatMap((match, index) => {
    const pointer = `/analysis/match/${index}`;
    const headers = Object.entries(fieldsAt(match, 'headers')).flatMap(([name, value]): FaultHit[] =>
      Object.keys(fieldsAt(value))
        .filter((kind) => !(matchHeaders as readonly string[]).includes(kind))
        .map((kind) => ({
          pointer: `${pointer}/headers/${name}`,
          says: `is matched by ${kind}, which provider ${providerValue} cannot do`,
          cure: `use ${matchHeaders.join(' or ')}`,
        })),
    );
    return [
      ...headers,
      ...hitIf(!matchQuery && isSaid(match.queryParams), () => ({
        pointer: `${pointer}/queryParams`,
        says: `is not read by provider ${providerValue}`,
        cure: 'match a header',
      })),
      ...hitIf(!matchSource && isSaid(match.sourceLabels), () => ({
        pointer: `${pointer}/sourceLabels`,
        says: `is not read by provider ${providerValue}`,
        cure: 'match a header',
      })),
    ];
  });
}
