import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import * as helm from '../../../imports/helm.toolkit.fluxcd.io';
import * as source from '../../../imports/source.toolkit.fluxcd.io';
import type { KubeObject } from '../../kube';
import { CANARY_HEALTH } from '../flux-bootstrap';
import { formatSeconds } from '../seconds';

/** Where Flux finds a chart that this tree holds. */
export type HelmChartSource =
  | {
      /** The repository that holds the tree; the chart lies in one of its folders. */
      readonly kind: 'GitRepository';
      readonly name: string;
      readonly namespace: string;
      /** Folder of the chart in the repository: `./charts/cart`. */
      readonly path: string;
    }
  | {
      /** A registry to which the chart is pushed (`helm push`) under its version. */
      readonly kind: 'OCIRepository';
      /** Address of the chart, without a version: `oci://registry.example.com/charts/cart`. */
      readonly url: string;
      /** Secret of type `kubernetes.io/dockerconfigjson` in the release's namespace. @default none */
      readonly secretName?: string;
      /** How Flux signs in where there is no Secret. @default 'generic' */
      readonly provider?: 'generic' | 'aws' | 'azure' | 'gcp';
    };

/** What happens when an install or upgrade has failed. */
export type HelmFailure = 'retry' | 'rollback';

/** One cluster's release of a service's chart. */
export interface HelmServiceReleaseProps {
  /** Name of the release, of the HelmRelease and of the chart. */
  readonly name: string;
  readonly namespace: string;
  readonly source: HelmChartSource;
  /** Version of the chart; it follows from the chart's content. */
  readonly version: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Longest time that a rollout may take, success or rollback. Decides the timeout. */
  readonly rolloutSeconds: number;
  /** Whether the chart has a Canary. */
  readonly canaried: boolean;
  /**
   * `retry`: apply it again, every two minutes. `rollback`: back to the last release that was right; not for a canaried
   * service, where Flagger does it.
   * @default 'retry'
   */
  readonly onFailure?: HelmFailure;
  /** HelmReleases of the same namespace that must be ready first. @default none */
  readonly dependsOn?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Objects that Flux makes where they are missing, beside the release. */
  readonly beside?: readonly KubeObject[];
}

/** Beyond the rollout itself; the Kustomization around it waits longer still. */
const RELEASE_MARGIN_SECONDS = 120;
const RETRY_INTERVAL = '2m';

/**
 * One cluster's HelmRelease of a service: the chart, the values, and Flux' waiting.
 *
 * - The chart's version follows from its content, and stands in the release: a release is upgraded when chart or values
 *   have changed, and not whenever another service of the repository has.
 * - The Canary has no status that Helm understands: the same expressions as in the plain form hold the release until
 *   the rollout has ended, and fail it with the rollout (docs/decisions/0003).
 * - Drift is corrected, but for the number of pods, which Flagger and autoscalers set.
 * @throws Error on misuse
 * @see fluxcd/helm-controller v1.6 docs/spec/v2/helmreleases.md
 * @example
 * new HelmServiceRelease(chart, 'cart', {
 *   name: 'cart',
 *   namespace: 'shop',
 *   source: { kind: 'OCIRepository', url: 'oci://registry.example.com/shop/charts/cart' },
 *   version: '1.4.2',
 *   values: { replicas: 2 },
 *   rolloutSeconds: 600,
 *   canaried: false,
 * });
 */
export class HelmServiceRelease extends Construct {
  constructor(scope: Construct, id: string, props: HelmServiceReleaseProps) {
    super(scope, id);
    const { name, namespace, canaried, labels, onFailure = 'retry' } = props;
    if (canaried && onFailure === 'rollback')
      throw new Error(
        `HelmServiceRelease "${name}": onFailure "rollback" would undo what Flagger has rolled back already; leave it out`,
      );
    for (const object of props.beside ?? []) {
      const { metadata, ...rest } = object;
      new ApiObject(this, `${object.kind}-${metadata.name}`.toLowerCase(), {
        ...(rest as { readonly apiVersion: string; readonly kind: string }),
        metadata: metadata as never,
      });
    }
    const { source: from } = props;
    if (from.kind === 'OCIRepository') {
      new source.OciRepository(this, 'chart', {
        metadata: { name, namespace, labels },
        spec: {
          interval: '1h',
          url: from.url,
          ref: { tag: props.version },
          layerSelector: {
            mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
            operation: source.OciRepositorySpecLayerSelectorOperation.COPY,
          },
          secretRef: from.secretName === undefined ? undefined : { name: from.secretName },
          provider: from.provider as source.OciRepositorySpecProvider | undefined,
        },
      });
    }
    const isRetried = onFailure === 'retry';
    new helm.HelmRelease(this, 'release', {
      metadata: { name, namespace, labels, annotations: props.annotations },
      spec: {
        interval: '10m',
        timeout: formatSeconds(props.rolloutSeconds + RELEASE_MARGIN_SECONDS),
        releaseName: name,
        ...(from.kind === 'OCIRepository'
          ? { chartRef: { kind: helm.HelmReleaseSpecChartRefKind.OCI_REPOSITORY, name } }
          : {
              chart: {
                spec: {
                  chart: from.path,
                  version: props.version,
                  reconcileStrategy: helm.HelmReleaseSpecChartSpecReconcileStrategy.CHART_VERSION,
                  sourceRef: {
                    kind: helm.HelmReleaseSpecChartSpecSourceRefKind.GIT_REPOSITORY,
                    name: from.name,
                    namespace: from.namespace,
                  },
                },
              },
            }),
        dependsOn: props.dependsOn?.map((one) => ({ name: one })),
        install: isRetried
          ? {
              strategy: {
                name: helm.HelmReleaseSpecInstallStrategyName.RETRY_ON_FAILURE,
                retryInterval: RETRY_INTERVAL,
              },
            }
          : {
              strategy: { name: helm.HelmReleaseSpecInstallStrategyName.REMEDIATE_ON_FAILURE },
              remediation: { retries: 3 },
            },
        upgrade: isRetried
          ? {
              strategy: {
                name: helm.HelmReleaseSpecUpgradeStrategyName.RETRY_ON_FAILURE,
                retryInterval: RETRY_INTERVAL,
              },
            }
          : {
              strategy: { name: helm.HelmReleaseSpecUpgradeStrategyName.REMEDIATE_ON_FAILURE },
              remediation: { retries: 3, remediateLastFailure: true },
            },
        driftDetection: {
          mode: helm.HelmReleaseSpecDriftDetectionMode.ENABLED,
          ignore: [{ paths: ['/spec/replicas'], target: { kind: 'Deployment' } }],
        },
        healthCheckExprs: canaried ? [{ ...CANARY_HEALTH }] : undefined,
        values: props.values,
      },
    });
  }
}
