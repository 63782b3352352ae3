import { Construct } from 'constructs';
import * as helm from '../../../imports/helm.toolkit.fluxcd.io';
import * as source from '../../../imports/source.toolkit.fluxcd.io';

/** Where a chart of somebody else is. */
export type ForeignChart =
  | { readonly oci: string; readonly version: string; readonly secretName?: string }
  | { readonly repo: string; readonly name: string; readonly version: string; readonly secretName?: string }
  | {
      readonly git: string;
      /** Folder of the chart. */
      readonly path: string;
      /** Tag. */
      readonly version: string;
      readonly secretName?: string;
    };

/** A release of somebody else's chart. */
export interface ForeignHelmReleaseProps {
  /** Name of the release, of the HelmRelease and of its source. */
  readonly name: string;
  readonly namespace: string;
  readonly chart: ForeignChart;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly valuesFrom?: readonly {
    readonly kind: 'ConfigMap' | 'Secret';
    readonly name: string;
    readonly valuesKey?: string;
    readonly targetPath?: string;
    readonly optional?: boolean;
  }[];
  /** As HelmRelease has them. */
  readonly postRenderers?: readonly Readonly<Record<string, unknown>>[];
  /** Run the chart's tests after each install and upgrade. @default false */
  readonly test?: boolean;
  /** HelmReleases of the same namespace that must be ready first. */
  readonly dependsOn?: readonly string[];
  /** Go duration for one install or upgrade. @default '10m' */
  readonly timeout?: string;
  /** A Canary rolls out a Deployment of the chart: its number of pods is Flagger's. @default false */
  readonly canaried?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Somebody else's chart: its source and a HelmRelease. What the chart makes is not known here: preflight says where a check
 * ends at it.
 * @see fluxcd/helm-controller v1.6 docs/spec/v2/helmreleases.md "Recommended settings"
 * @example
 * new ForeignHelmRelease(chart, 'podinfo', {
 *   name: 'podinfo',
 *   namespace: 'shop',
 *   chart: { oci: 'oci://ghcr.io/stefanprodan/charts/podinfo', version: '6.9.2' },
 *   values: { replicaCount: 2 },
 * });
 */
export class ForeignHelmRelease extends Construct {
  constructor(scope: Construct, id: string, props: ForeignHelmReleaseProps) {
    super(scope, id);
    const { name, namespace, chart, labels, timeout = '10m' } = props;
    const metadata = { name, namespace, labels };
    const secretRef = chart.secretName === undefined ? undefined : { name: chart.secretName };
    const strategy = { retryInterval: '5m' };
    new helm.HelmRelease(this, 'release', {
      metadata,
      spec: {
        interval: '30m',
        timeout,
        releaseName: name,
        ...this.chartFields(chart, metadata, secretRef),
        dependsOn: props.dependsOn?.map((one) => ({ name: one })),
        install: {
          crds: helm.HelmReleaseSpecInstallCrds.CREATE_REPLACE,
          strategy: { name: helm.HelmReleaseSpecInstallStrategyName.RETRY_ON_FAILURE, ...strategy },
        },
        upgrade: {
          crds: helm.HelmReleaseSpecUpgradeCrds.CREATE_REPLACE,
          strategy: { name: helm.HelmReleaseSpecUpgradeStrategyName.RETRY_ON_FAILURE, ...strategy },
        },
        driftDetection: {
          mode: helm.HelmReleaseSpecDriftDetectionMode.ENABLED,
          ignore: props.canaried ? [{ paths: ['/spec/replicas'], target: { kind: 'Deployment' } }] : undefined,
        },
        test: props.test ? { enable: true } : undefined,
        valuesFrom: props.valuesFrom?.map(({ kind, ...from }) => ({
          kind: kind as helm.HelmReleaseSpecValuesFromKind,
          ...from,
        })),
        postRenderers: props.postRenderers as helm.HelmReleaseSpecPostRenderers[] | undefined,
        values: props.values,
      },
    });
  }

  private chartFields(
    chart: ForeignChart,
    metadata: { readonly name: string; readonly namespace: string },
    secretRef: { readonly name: string } | undefined,
  ): Pick<helm.HelmReleaseSpec, 'chart' | 'chartRef'> {
    const { name } = metadata;
    if ('oci' in chart) {
      new source.OciRepository(this, 'source', {
        metadata,
        spec: {
          interval: '1h',
          url: chart.oci,
          ref: { tag: chart.version },
          layerSelector: {
            mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
            operation: source.OciRepositorySpecLayerSelectorOperation.COPY,
          },
          secretRef,
        },
      });
      return { chartRef: { kind: helm.HelmReleaseSpecChartRefKind.OCI_REPOSITORY, name } };
    }
    if ('repo' in chart) {
      new source.HelmRepository(this, 'source', { metadata, spec: { interval: '1h', url: chart.repo, secretRef } });
      const sourceRef = { kind: helm.HelmReleaseSpecChartSpecSourceRefKind.HELM_REPOSITORY, name };
      return { chart: { spec: { chart: chart.name, version: chart.version, sourceRef } } };
    }
    new source.GitRepository(this, 'source', {
      metadata,
      spec: { interval: '1h', url: chart.git, ref: { tag: chart.version }, secretRef },
    });
    const path = `./${chart.path.replace(/^(?:\.?\/)+/, '')}`;
    const sourceRef = { kind: helm.HelmReleaseSpecChartSpecSourceRefKind.GIT_REPOSITORY, name };
    return { chart: { spec: { chart: path, sourceRef } } };
  }
}
