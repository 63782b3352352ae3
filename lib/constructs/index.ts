export { AlertProvider, type AlertProviderProps, type IAlertProvider } from './canary/alert-provider';
export {
  alertProviderProps,
  type CanaryRolloutReading,
  canaryRolloutProps,
  metricTemplateProps,
} from './canary/inverse';
export type { LoadTest } from './canary/load-test';
export { Metric, type MetricOptions, type MetricSource, type RangeOptions } from './canary/metric';
export { type IMetricTemplate, MetricStore, MetricTemplate, type MetricTemplateProps } from './canary/metric-template';
export type { CanarySpecOverlay } from './canary/overlay';
export type {
  Alert,
  AnalysisMatch,
  CanaryAnalysis,
  CanaryDefaults,
  CanaryMetrics,
  CanaryRolloutProps,
  CanaryService,
  CustomMetric,
  ServiceMetadata,
  SessionAffinity,
  StringMatch,
  Webhook,
  WebhookType,
} from './canary/props';
export { type GatewayRef, Provider, type TrafficRef } from './canary/provider';
export { METRIC_TEMPLATES, type TemplateQuery, templatesFor } from './canary/spec';
export { Autoscaler, type Named, type ScalerOptions, Target } from './canary/target';
export { CanaryRollout, type ICanary } from './canary-rollout';
export { canonicalJson, digest } from './digest';
export {
  ALERT_PROVIDER,
  type ExternalHost,
  FLAGGER_NAMESPACE,
  LOADTESTER,
  PLATFORM_VERSIONS,
  type PlatformProps,
  type PlatformVersions,
} from './flux/platform';
export {
  type AddedPlatformLayer,
  type AppWave,
  FluxBootstrap,
  type FluxBootstrapProps,
  kustomizationFile,
} from './flux-bootstrap';
export { GkeCluster, type GkeClusterProps, type GkeNodePool, type GkeWorkloadAccount } from './gke-cluster';
export type { ChartVariant } from './helm/chart-template';
export { type ForeignChart, ForeignHelmRelease, type ForeignHelmReleaseProps } from './helm/foreign-release';
export { type ServiceHelmChart, serviceHelmChart } from './helm/service-helm-chart';
export {
  type HelmChartSource,
  type HelmFailure,
  HelmServiceRelease,
  type HelmServiceReleaseProps,
} from './helm/service-release';
export * from './helm-microservice';
export { CALLS_ANNOTATION, DURATION_ANNOTATION, IGNORE_ANNOTATION, RELEASE_DIGEST_ANNOTATION } from './labels';
export {
  isManifestFile,
  MadeObjects,
  ManifestFile,
  type ManifestFileProps,
  PlainFile,
  TextFile,
} from './manifest-file';
export { MicroserviceRelease } from './microservice-release';
export type * from './release/container';
export type {
  ClaimTemplateProps,
  CronJobProps,
  DaemonSetProps,
  JobProps,
  KindProps,
  StatefulSetProps,
  WorkloadKind,
} from './release/kinds';
export type {
  AccessProps,
  ClaimProps,
  ConfigMapProps,
  MonitorProps,
  ObjectsProps,
  RouteObjectProps,
} from './release/objects';
export type { MainContainerProps, PodProps } from './release/pod';
export type { MicroserviceReleaseProps } from './release/props';
export type { FurtherServiceProps, OwnServiceProps, ServiceFields, ServicePortProps } from './release/service';
export type { KeyToPath, VolumeProps } from './release/volume';
export type * from './workload';
