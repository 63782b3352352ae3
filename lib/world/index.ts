export { push } from './by-name';
export type { CanaryLoadTest, CanaryView } from './canary';
export { worldInputs } from './cluster-inputs';
export type { Edge } from './edge';
export { describeEntry, type Entry, type WorldInput } from './entry';
export { type Certainty, type Fact, factNote, factOptions, type WorldFacts } from './facts';
export type { FluxKustomizationView } from './flux-kustomization';
export type { HelmReleaseView } from './helm-release';
export type { FlaggerInstallation, IstioInstallation } from './installations';
export type { MetricView } from './metric';
export type { SelectingKind } from './policy-index';
export { hasRequestMetrics, istioProtocol, type Protocol } from './protocol';
export { qualifyGateway, type RouteBackend, type RouteView } from './route';
export type { ServicePort, ServiceView } from './service';
export type { WebhookView } from './webhook';
export type {
  ConfigReference,
  ContainerPort,
  ContainerView,
  Injection,
  NamespaceInjection,
  Workload,
} from './workload';
export {
  buildWorld,
  type Duplicate,
  type World,
  WorldBuilder,
} from './world';
