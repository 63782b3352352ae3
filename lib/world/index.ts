export { push } from './by-name';
export type { Edge } from './call-graph';
export type { CanaryLoadTest, CanaryView, MetricView, WebhookView } from './canary';
export { worldInputs } from './cluster-inputs';
export { describeEntry, type Entry, type WorldInput } from './entry';
export { type Certainty, type Fact, factNote, factOptions, type WorldFacts } from './facts';
export type { FluxKustomizationView } from './flux-kustomization';
export type { HelmReleaseView } from './helm-release';
export type { FlaggerInstallation, IstioInstallation } from './installations';
export { hasRequestMetrics, istioProtocol, type Protocol } from './protocol';
export { qualifyGateway, type RouteBackend, type RouteView } from './route';
export type { ServicePort, ServiceView } from './service';
export type { ConfigReference, ContainerPort, ContainerView, Injection, Workload } from './workload';
export {
  buildWorld,
  type Duplicate,
  type NamespaceInjection,
  type SelectingKind,
  type World,
  WorldBuilder,
} from './world';
