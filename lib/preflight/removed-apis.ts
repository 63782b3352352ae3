/** What became of an API. */
export interface RemovedApi {
  /** Since when nobody serves or reads it. */
  readonly since: string;
  readonly instead: string;
  /** The step of docs/migration.md that replaces it, where it is of the time of Flux 1. */
  readonly step?: string;
}

const FLUX_1 = 'step 2';
const MESH = 'step 3';
const FLAGGER = 'step 4';
const KUBERNETES = 'step 1';

const fluxTwo = (since: string, instead: string): RemovedApi => ({ since, instead, step: FLUX_1 });
const kubernetes = (since: string, instead: string): RemovedApi => ({
  since: `Kubernetes ${since}`,
  instead,
  step: KUBERNETES,
});
const istio = (since: string, instead: string): RemovedApi => ({ since: `Istio ${since}`, instead, step: MESH });

/** By API group, where all of it is gone. */
const GROUPS: Readonly<Record<string, RemovedApi>> = {
  'helm.fluxcd.io': fluxTwo('the Helm operator has ended (2022)', 'HelmRelease of helm.toolkit.fluxcd.io/v2'),
  'flux.weave.works': fluxTwo('Flux 1 has ended (2022)', 'HelmRelease of helm.toolkit.fluxcd.io/v2'),
  'helm.integrations.flux.weave.works': fluxTwo('Flux 1 has ended (2022)', 'HelmRelease of helm.toolkit.fluxcd.io/v2'),
  'authentication.istio.io': istio('1.6', 'PeerAuthentication and RequestAuthentication of security.istio.io/v1'),
  'rbac.istio.io': istio('1.6', 'AuthorizationPolicy of security.istio.io/v1'),
  'traefik.containo.us': { since: 'Traefik 3.0', instead: 'traefik.io/v1alpha1' },
  'config.istio.io': istio('1.8 (Mixer)', 'Telemetry of telemetry.istio.io/v1'),
};

/** By apiVersion; a kind after it where only that one is gone. */
const VERSIONS: Readonly<Record<string, RemovedApi>> = {
  'flagger.app/v1alpha1': { since: 'Flagger 0.20', instead: 'flagger.app/v1beta1', step: FLAGGER },
  'flagger.app/v1alpha2': { since: 'Flagger 0.20', instead: 'flagger.app/v1beta1', step: FLAGGER },
  'flagger.app/v1alpha3': { since: 'Flagger 1.0', instead: 'flagger.app/v1beta1', step: FLAGGER },
  'install.istio.io/v1alpha1 IstioOperator': istio(
    '1.24 (its operator; istioctl still reads the file)',
    "Istio's Helm charts",
  ),
  'helm.toolkit.fluxcd.io/v2beta1': fluxTwo('Flux 2.8', 'helm.toolkit.fluxcd.io/v2'),
  'helm.toolkit.fluxcd.io/v2beta2': fluxTwo('Flux 2.8', 'helm.toolkit.fluxcd.io/v2'),
  'kustomize.toolkit.fluxcd.io/v1beta1': fluxTwo('Flux 2.8', 'kustomize.toolkit.fluxcd.io/v1'),
  'kustomize.toolkit.fluxcd.io/v1beta2': fluxTwo('Flux 2.8', 'kustomize.toolkit.fluxcd.io/v1'),
  'source.toolkit.fluxcd.io/v1beta1': fluxTwo('Flux 2.8', 'source.toolkit.fluxcd.io/v1'),
  'source.toolkit.fluxcd.io/v1beta2': fluxTwo('Flux 2.8', 'source.toolkit.fluxcd.io/v1'),
  'extensions/v1beta1 Deployment': kubernetes('1.16', 'apps/v1'),
  'extensions/v1beta1 DaemonSet': kubernetes('1.16', 'apps/v1'),
  'extensions/v1beta1 NetworkPolicy': kubernetes('1.16', 'networking.k8s.io/v1'),
  'extensions/v1beta1 Ingress': kubernetes('1.22', 'networking.k8s.io/v1'),
  'apps/v1beta1': kubernetes('1.16', 'apps/v1'),
  'apps/v1beta2': kubernetes('1.16', 'apps/v1'),
  'networking.k8s.io/v1beta1 Ingress': kubernetes('1.22', 'networking.k8s.io/v1'),
  'apiextensions.k8s.io/v1beta1': kubernetes('1.22', 'apiextensions.k8s.io/v1'),
  'admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration': kubernetes(
    '1.22',
    'admissionregistration.k8s.io/v1',
  ),
  'admissionregistration.k8s.io/v1beta1 ValidatingWebhookConfiguration': kubernetes(
    '1.22',
    'admissionregistration.k8s.io/v1',
  ),
  'rbac.authorization.k8s.io/v1beta1': kubernetes('1.22', 'rbac.authorization.k8s.io/v1'),
  'policy/v1beta1 PodDisruptionBudget': kubernetes('1.25', 'policy/v1'),
  'policy/v1beta1 PodSecurityPolicy': kubernetes('1.25', "a namespace's label pod-security.kubernetes.io/enforce"),
  'batch/v1beta1 CronJob': kubernetes('1.25', 'batch/v1'),
};

/** Undefined for an API that is served. Autoscalers of v2beta have a rule of their own. */
export function removedApi(apiVersion: string, kind: string): RemovedApi | undefined {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  return GROUPS[group] ?? VERSIONS[apiVersion] ?? VERSIONS[`${apiVersion} ${kind}`];
}

/** Hosts of charts that are gone, and where the charts are now. */
export const GONE_CHART_HOSTS: readonly (readonly [host: string, instead: string])[] = [
  ['kubernetes-charts.storage.googleapis.com', "the chart's own project; most are at https://artifacthub.io"],
  ['kubernetes-charts-incubator.storage.googleapis.com', "the chart's own project; most are at https://artifacthub.io"],
  ['storage.googleapis.com/istio-release', 'oci://ghcr.io/istio/release/charts'],
  ['istio-release.storage.googleapis.com', 'oci://ghcr.io/istio/release/charts'],
  ['gcr.io/istio-release', 'oci://ghcr.io/istio/release/charts'],
  ['weaveworks.github.io/flagger', 'oci://ghcr.io/fluxcd/charts/flagger'],
  ['storage.googleapis.com/kubernetes-charts', "the chart's own project; most are at https://artifacthub.io"],
  ['fluxcd.github.io/flux', 'nothing: Flux 1 has ended'],
  ['charts.fluxcd.io', 'nothing: Flux 1 and its Helm operator have ended'],
];
