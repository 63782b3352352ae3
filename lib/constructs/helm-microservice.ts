import { App } from 'cdk8s';
import { Construct } from 'constructs';
import type { KubeObject } from '../kube';
import { asInstalled, splitObjects } from './helm/made-by-helm';
import { type ServiceHelmChart, serviceHelmChart } from './helm/service-helm-chart';
import { type HelmChartSource, type HelmFailure, HelmServiceRelease } from './helm/service-release';
import { MadeObjects, ManifestFile, TextFile } from './manifest-file';

/** One cluster in which the service runs. */
export interface HelmMicroserviceCluster {
  /** Unique among the clusters. */
  readonly name: string;
  /** Path of the file with the HelmRelease, below the output folder. */
  readonly file: string;
  /** Adds what the service is in this cluster: a MicroserviceRelease, a CanaryRollout, anything else. */
  readonly build: (chart: ManifestFile) => void;
  /** Longest time that a rollout may take, in seconds. @default 900 */
  readonly rolloutSeconds?: number;
  /** @default 'retry' */
  readonly onFailure?: HelmFailure;
}

/** A chart, where it lies, and what each cluster sets. */
export interface HelmMicroserviceProps {
  /** Name of chart, releases and service. @default the construct's id */
  readonly name?: string;
  readonly namespace: string;
  readonly description?: string;
  /** Folder of the chart below the output folder: `charts/cart`. */
  readonly chartFolder: string;
  readonly source: HelmChartSource;
  readonly clusters: readonly HelmMicroserviceCluster[];
}

/**
 * A service as a Helm chart, and a HelmRelease for each cluster: what `MicroserviceRelease` and `CanaryRollout` render, for
 * those who want their releases in Helm's hands. The chart is made from the objects themselves: what is equal in all
 * clusters is text of the templates, what differs is a value; the chart renders exactly these objects.
 *
 * @throws Error on misuse, with everything that is wrong.
 * @example
 * new HelmMicroservice(app, 'cart', {
 *   namespace: 'shop',
 *   chartFolder: 'charts/cart',
 *   source: { kind: 'GitRepository', name: 'flux-system', namespace: 'flux-system', path: './charts/cart' },
 *   clusters: [
 *     {
 *       name: 'production',
 *       file: 'clusters/production/apps/cart.yaml',
 *       build: (chart) => {
 *         new MicroserviceRelease(chart, 'cart', {
 *           image: 'registry.example.com/shop/cart:1.4.2',
 *           ports: [{ port: 7070, protocol: 'grpc' }],
 *         });
 *       },
 *     },
 *   ],
 * });
 */
export class HelmMicroservice extends Construct {
  /** Version of the chart: it follows from its content. */
  readonly version: string;

  constructor(scope: Construct, id: string, props: HelmMicroserviceProps) {
    super(scope, id);
    const { name = id, namespace, description, clusters } = props;
    const names = clusters.map((cluster) => cluster.name);
    const twice = names.find((one, index) => names.indexOf(one) !== index);
    if (clusters.length === 0) throw new Error(`HelmMicroservice "${name}": clusters is empty`);
    if (twice !== undefined) throw new Error(`HelmMicroservice "${name}": two clusters are named "${twice}"`);
    const objects = new Map(clusters.map(({ name: cluster, build }) => [cluster, plainObjects(namespace, build)]));
    const chart = helmChartOf({ name, namespace, description, objects });
    this.version = chart.version;
    addHelmChart(this, props.chartFolder, chart);
    for (const { name: cluster, file, rolloutSeconds = 900, onFailure } of clusters) {
      addHelmRelease(this, cluster, {
        ...{ name, namespace, file, rolloutSeconds, onFailure, source: props.source },
        objects: objects.get(cluster)!,
        version: chart.version,
        values: chart.values.get(cluster)!,
      });
    }
  }
}

/** The objects that a function adds to a chart, as the plain form would write them. */
export function plainObjects(namespace: string, build: (chart: ManifestFile) => void): KubeObject[] {
  const chart = new ManifestFile(new App(), 'plain', { path: 'plain.yaml', namespace });
  build(chart);
  return chart.toJson() as KubeObject[];
}

/** The chart of a service from its objects by cluster. */
export function helmChartOf(options: {
  readonly name: string;
  readonly namespace: string;
  readonly description?: string;
  readonly objects: ReadonlyMap<string, readonly KubeObject[]>;
}): ServiceHelmChart {
  const { objects, ...rest } = options;
  const variants = [...objects].map(([name, all]) => ({ name, objects: splitObjects(options.name, all).ofChart }));
  return serviceHelmChart({ ...rest, variants });
}

/** The files of a chart, below its folder. */
export function addHelmChart(scope: Construct, folder: string, { files }: ServiceHelmChart): void {
  for (const [file, text] of files)
    new TextFile(scope, `chart-${file}`.replaceAll('/', '-'), { path: `${folder}/${file}`, text });
}

/** What one cluster's release of a chart is told. */
export interface AddHelmReleaseOptions {
  readonly name: string;
  readonly namespace: string;
  readonly file: string;
  readonly source: HelmChartSource;
  readonly version: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly objects: readonly KubeObject[];
  readonly rolloutSeconds: number;
  readonly onFailure?: HelmFailure;
  readonly dependsOn?: readonly string[];
  /** Of the HelmRelease. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One cluster's HelmRelease, and for checks what its chart makes. */
export function addHelmRelease(scope: Construct, id: string, options: AddHelmReleaseOptions): void {
  const { name, namespace, file, objects, ...release } = options;
  const { ofChart, beside } = splitObjects(name, objects);
  const manifests = new ManifestFile(scope, id, { path: file, namespace });
  const labels = ofChart.find(({ metadata }) => metadata.labels !== undefined)?.metadata.labels;
  new HelmServiceRelease(manifests, 'helm', {
    ...release,
    ...{ name, namespace, beside },
    canaried: ofChart.some(({ kind }) => kind === 'Canary'),
    labels: labels && Object.fromEntries(Object.entries(labels).filter(([key]) => key !== VERSION_LABEL)),
  });
  new MadeObjects(scope, `${id}-made`, { path: file, objects: asInstalled(ofChart, { name, namespace }) });
}

/** It changes with the image: the release shows it in its values. */
const VERSION_LABEL = 'app.kubernetes.io/version';
