export * from './canary-rollout';
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
export { MicroserviceRelease, type MicroserviceReleaseProps } from './microservice-release';
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
export type { FurtherServiceProps, OwnServiceProps, ServiceFields, ServicePortProps } from './release/service';
export type { KeyToPath, VolumeProps } from './release/volume';
export type * from './workload';
