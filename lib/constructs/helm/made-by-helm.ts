import { isFields, type KubeObject } from '../../kube';
import { MANAGED_BY } from './chart-template';

const KUSTOMIZE = 'kustomize.toolkit.fluxcd.io/';
/** An uninstall and an upgrade without the object leave it where it is. @see helm.sh/docs/howto/charts_tips_and_tricks */
const KEEP = { 'helm.sh/resource-policy': 'keep' };

/** Objects of a service as a chart brings them, and those that stay beside it. */
export interface SplitObjects {
  readonly ofChart: readonly KubeObject[];
  /** Objects that are made where they are missing and never changed: Helm has no word for that, kustomize-controller has. */
  readonly beside: readonly KubeObject[];
}

/**
 * A canaried workload's Service is handed over to Flagger: Helm would write its own selector at every upgrade, so it stays
 * a plain object (docs/decisions/0001). Any other Service is kept when it leaves the chart, as the plain form does it
 * when the service gets a canary: Flagger then finds it.
 */
export function splitObjects(service: string, objects: readonly KubeObject[]): SplitObjects {
  const isHandedOver = ({ metadata }: KubeObject): boolean =>
    metadata.annotations?.[`${KUSTOMIZE}ssa`]?.toLowerCase() === 'ifnotpresent';
  return {
    ofChart: objects.filter((object) => !isHandedOver(object)).map((object) => forHelm(service, object)),
    beside: objects.filter(isHandedOver),
  };
}

/** What kustomize-controller reads on an object, in Helm's words. */
function forHelm(service: string, object: KubeObject): KubeObject {
  const { annotations: all = {}, ...metadata } = object.metadata;
  const own = Object.entries(all).filter(([key]) => !key.startsWith(KUSTOMIZE));
  const isKept =
    all[`${KUSTOMIZE}prune`]?.toLowerCase() === 'disabled' ||
    (object.kind === 'Service' && object.metadata.name === service);
  const annotations = { ...Object.fromEntries(own), ...(isKept ? KEEP : {}) };
  const has = Object.keys(annotations).length > 0;
  // In the order in which the plain form writes them.
  return { ...object, metadata: has ? { annotations, ...metadata } : metadata } as KubeObject;
}

/**
 * The objects of a chart as they will be in the cluster: with the labels of Helm and of helm-controller.
 * @see helm.sh/helm v4 pkg/action/validate.go; fluxcd/helm-controller v1.6 internal/postrender/origin_labels.go
 */
export function asInstalled(
  objects: readonly KubeObject[],
  release: { readonly name: string; readonly namespace: string },
): KubeObject[] {
  return objects.map((object) => {
    const { labels, ...metadata } = object.metadata;
    return {
      ...object,
      metadata: {
        ...metadata,
        labels: {
          ...(isFields(labels) ? labels : {}),
          [MANAGED_BY]: 'Helm',
          'helm.toolkit.fluxcd.io/name': release.name,
          'helm.toolkit.fluxcd.io/namespace': release.namespace,
        },
      },
    } as KubeObject;
  });
}
