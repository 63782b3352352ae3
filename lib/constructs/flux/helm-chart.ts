import { Construct } from 'constructs';
import * as helm from '../../../imports/helm.toolkit.fluxcd.io';
import * as source from '../../../imports/source.toolkit.fluxcd.io';
import { IGNORED_DRIFT_ANNOTATION } from '../labels';

/** A chart in an exact version, and how it is installed. */
export interface HelmChartInstallProps {
  /** Name of the release, of its OCIRepository and of its HelmRelease. */
  readonly name: string;
  readonly namespace: string;
  /** OCI address of the chart, without a version. */
  readonly url: string;
  /** Version (tag) of the chart: exact, so that dist/ says what runs. */
  readonly version: string;
  readonly values?: Readonly<Record<string, unknown>>;
  /** Releases that must be ready first. Only releases: `dependsOn` works within one kind. */
  readonly dependsOn?: readonly { readonly name: string; readonly namespace: string }[];
  /** Signed by a release workflow of this GitHub repository (`owner/name`, workflow file). */
  readonly signedBy?: { readonly repository: string; readonly workflow: string };
  /** Go duration for one install or upgrade. @default '10m' */
  readonly timeout?: string;
  /** What the component itself writes over what its chart renders: corrected, both would fight for ever. @default none */
  readonly writesItself?: readonly OwnWrite[];
}

/** Fields of a chart's objects that its component writes. */
export interface OwnWrite {
  readonly kind: string;
  /** JSON pointers. */
  readonly paths: readonly string[];
  /** Who writes it, and what a correction would break. */
  readonly reason: string;
}

const isEmpty = (value: object | undefined): boolean => value === undefined || Object.keys(value).length === 0;

/**
 * A chart from an OCI registry: OCIRepository and HelmRelease.
 * Intervals and strategies are Flux's own recommended settings.
 * @see fluxcd/helm-controller 1.6 docs/spec/v2/helmreleases.md "Recommended settings"
 */
export class HelmChartInstall extends Construct {
  constructor(scope: Construct, id: string, props: HelmChartInstallProps) {
    super(scope, id);
    const { name, namespace, writesItself = [] } = props;
    const labels = { 'app.kubernetes.io/managed-by': 'aviary' };
    new source.OciRepository(this, 'chart', {
      metadata: { name, namespace, labels },
      spec: {
        interval: '1h',
        url: props.url,
        ref: { tag: props.version },
        layerSelector: {
          mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
          operation: source.OciRepositorySpecLayerSelectorOperation.COPY,
        },
        verify: props.signedBy && {
          provider: source.OciRepositorySpecVerifyProvider.COSIGN,
          matchOidcIdentity: [
            {
              issuer: '^https://token\\.actions\\.githubusercontent\\.com$',
              subject: `^https://github\\.com/${props.signedBy.repository}/\\.github/workflows/${props.signedBy.workflow.replace('.', '\\.')}@refs/tags/v\\d+\\.\\d+\\.\\d+$`,
            },
          ],
        },
      },
    });
    const reasons = writesItself.map(({ kind, reason }) => `${kind}: ${reason}`).join('; ');
    new helm.HelmRelease(this, 'release', {
      metadata: {
        name,
        namespace,
        labels,
        annotations: reasons === '' ? undefined : { [IGNORED_DRIFT_ANNOTATION]: reasons },
      },
      spec: {
        interval: '30m',
        timeout: props.timeout ?? '10m',
        releaseName: name,
        chartRef: { kind: helm.HelmReleaseSpecChartRefKind.OCI_REPOSITORY, name },
        dependsOn: isEmpty(props.dependsOn) ? undefined : props.dependsOn?.map((dependency) => ({ ...dependency })),
        install: {
          crds: helm.HelmReleaseSpecInstallCrds.CREATE_REPLACE,
          strategy: { name: helm.HelmReleaseSpecInstallStrategyName.RETRY_ON_FAILURE, retryInterval: '5m' },
        },
        upgrade: {
          crds: helm.HelmReleaseSpecUpgradeCrds.CREATE_REPLACE,
          strategy: { name: helm.HelmReleaseSpecUpgradeStrategyName.RETRY_ON_FAILURE, retryInterval: '5m' },
        },
        driftDetection: {
          mode: helm.HelmReleaseSpecDriftDetectionMode.ENABLED,
          ignore: isEmpty(writesItself)
            ? undefined
            : writesItself.map(({ kind, paths }) => ({ paths: [...paths], target: { kind } })),
        },
        values: isEmpty(props.values) ? undefined : props.values,
      },
    });
  }
}
