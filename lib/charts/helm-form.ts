import { App, Chart } from 'cdk8s';
import type { Patch } from '../catalog';
import {
  addHelmChart,
  addHelmRelease,
  CanaryRollout,
  type ForeignChart,
  ForeignHelmRelease,
  helmChartOf,
  isManifestFile,
  ManifestFile,
  MicroserviceRelease,
} from '../constructs';
import type { KubeObject } from '../kube';
import type { HelmChartInput, HelmInput, ServiceInput } from './inputs';
import { patchFiles } from './patches';
import { plainService } from './plain-service';
import { releaseSettings } from './release-form';
import { exposeWithoutCanary, rolloutProps } from './service-chart';
import { addServicePolicies } from './service-policies';

/** Key of the construct metadata that carries a release's name and digest. */
const RELEASE_METADATA = 'aviary:release';

/** On a HelmRelease whose objects stay when it goes: tells the next run that the form may change. */
const HANDED_OVER = { 'aviary.dev/hand-over': 'true' };

/** Objects of the Helm form itself; patches of any other kind change what the chart makes. */
const OWN_KINDS = new Set(['HelmRelease', 'OCIRepository']);

const isOwn = ({ target }: Patch): boolean => OWN_KINDS.has(target.kind);

interface Rendered {
  readonly objects: readonly KubeObject[];
  readonly releases: readonly unknown[];
}

/** A service as the plain form has it: whatever the catalog can say of it, the chart says too. */
function renderPlain(input: ServiceInput): Rendered {
  const app = new App();
  plainService(app, { ...input, patches: input.patches.filter((patch) => !isOwn(patch)) });
  const files = app.charts.filter(isManifestFile);
  const metadata = app.node.findAll().flatMap(({ node }) => node.metadata);
  return {
    objects: files.flatMap((file) => file.toJson() as KubeObject[]),
    releases: metadata.filter(({ type }) => type === RELEASE_METADATA).map(({ data }) => data),
  };
}

const chartOptions = (name: string, variants: readonly ServiceInput[]) => ({
  name,
  namespace: variants[0]!.platform.namespace,
  description: variants[0]!.service.description,
  objects: new Map(variants.map((variant) => [variant.cluster, renderPlain(variant).objects])),
});

/** The files of a service's chart. */
export function chartOf(app: App, { name, folder, variants }: HelmChartInput): void {
  addHelmChart(app, folder, helmChartOf(chartOptions(name, variants)));
}

/** One cluster's HelmRelease of a service. */
export function helmRelease(app: App, input: ServiceInput, { variants, source, rolloutSeconds }: HelmInput): void {
  const { service, cluster, platform, path: file } = input;
  const options = chartOptions(service.name, variants);
  const chart = helmChartOf(options);
  for (const release of renderPlain(input).releases) app.node.addMetadata(RELEASE_METADATA, release);
  addHelmRelease(app, service.name, {
    ...{ name: service.name, namespace: platform.namespace, file, source, rolloutSeconds },
    version: chart.version,
    values: chart.values.get(cluster)!,
    objects: options.objects.get(cluster)!,
    onFailure: releaseSettings(service).onFailure,
    dependsOn: releaseSettings(service).dependsOn,
    annotations: releaseSettings(service).handOver ? HANDED_OVER : undefined,
  });
  patchFiles(app, input.patches.filter(isOwn));
}

/** Somebody else's chart, and the Canary of the Deployment that it makes under the service's name. */
export function foreignChart(app: App, input: ServiceInput): void {
  const { service, platform, path, partOf } = input;
  const { name } = service;
  const { chart, values, valuesFrom, postRenderers, test, dependsOn, timeout } = releaseSettings(service);
  const file = new ManifestFile(app, name, { path, namespace: platform.namespace });
  new ForeignHelmRelease(file, 'helm', {
    ...{ name, namespace: platform.namespace, values, valuesFrom, postRenderers, test, dependsOn, timeout },
    chart: chart as ForeignChart,
    canaried: Boolean(service.canary),
    labels: { app: name, 'app.kubernetes.io/managed-by': 'aviary', 'app.kubernetes.io/part-of': partOf },
  });
  // Its ports and its autoscaler are those of the service; its objects are the chart's.
  const described = new MicroserviceRelease(new Chart(new App(), 'described'), name, {
    image: name,
    ports: service.ports ?? [],
    autoscaling: service.autoscaling || undefined,
    canaried: Boolean(service.canary),
  });
  if (service.canary)
    new CanaryRollout(file, `${name}-rollout`, { ...rolloutProps(input, described), release: undefined });
  else if (service.expose) exposeWithoutCanary(file, input, described);
  addServicePolicies(file, input);
  patchFiles(file, input.patches);
}
