import { apiGroup, type Fields, fieldsAt, isFields, listAt, rememberedFor, textAt, textsAt } from '../kube';
import { type Entry, type FluxKustomizationView, type HelmReleaseView, push, type World } from '../world';

/** What names an object, where the object itself may be made by a chart and not be among the manifests. */
export interface Named {
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
  /** Undefined where it is not among the manifests. */
  readonly entry?: Entry | undefined;
}

/** The HelmRelease of an object. */
export interface HelmOrigin {
  readonly release: HelmReleaseView;
  /** The object itself says so; else only the names speak for it. */
  readonly isKnown: boolean;
}

/**
 * The HelmRelease whose chart makes the object: by the labels and annotations of Flux and Helm, or, for one that is not among
 * the manifests, by the usual name: that of the release, or of the release and the chart.
 * @see fluxcd/helm-controller v1.6 internal/postrender/common_renderer.go; helm.sh/docs/chart_best_practices/conventions
 */
export function helmOriginOf(world: World, { namespace, name, entry }: Named): HelmOrigin | undefined {
  if (entry) {
    if (!isMarked(entry)) return undefined;
    const release = world.helmReleases().find((one) => isOf(one, entry));
    return release && { release, isKnown: true };
  }
  const release = nameable(world).get(`${namespace}/${name}`);
  return release && { release, isKnown: false };
}

/**
 * A HelmRelease that may well make an object of the name, which is not among the manifests: by its usual name, or because
 * the name begins with that of the release.
 */
export function likelyOriginOf(world: World, namespace: string, name: string): HelmReleaseView | undefined {
  const names = nameable(world);
  const exact = names.get(`${namespace}/${name}`);
  if (exact) return exact;
  for (let end = name.lastIndexOf('-'); end > 0; end = name.lastIndexOf('-', end - 1)) {
    const release = names.get(`${namespace}/${name.slice(0, end)}`);
    if (release) return release;
  }
  return undefined;
}

/** Kustomizations of Flux that put what their source holds into a namespace; what they hold may not be among the manifests. */
export function fillersOf(world: World, namespace: string): readonly FluxKustomizationView[] {
  return fillers(world).get(namespace) ?? [];
}

const fillers = rememberedFor((world: World): ReadonlyMap<string, FluxKustomizationView[]> => {
  const byNamespace = new Map<string, FluxKustomizationView[]>();
  for (const kustomization of world.fluxKustomizations()) {
    const { targetNamespace: target } = kustomization;
    if (target !== undefined) push(byNamespace, target, kustomization);
  }
  return byNamespace;
});

/** The releases by the names that their charts usually give: `namespace/name`. */
const nameable = rememberedFor((world: World): ReadonlyMap<string, HelmReleaseView> => {
  const found = new Map<string, HelmReleaseView>();
  for (const release of world.helmReleases()) {
    const own = release.releaseName;
    const override = textAt(release.values, 'fullnameOverride');
    for (const name of override ? [override] : [own, `${own}-${release.chart}`]) {
      const key = `${release.targetNamespace}/${name}`;
      if (!found.has(key)) found.set(key, release);
    }
  }
  return found;
});

const fluxLabel = 'helm.toolkit.fluxcd.io/name';
const helmAnnotation = 'meta.helm.sh/release-name';
const managedBy = 'app.kubernetes.io/managed-by';

/** Whether an object says that a release makes it. */
function isMarked({ labels, annotations }: Entry): boolean {
  return labels[fluxLabel] !== undefined || annotations[helmAnnotation] !== undefined || labels[managedBy] === 'Helm';
}

function isOf(release: HelmReleaseView, { labels, annotations, namespace }: Entry): boolean {
  const byFlux = labels[fluxLabel];
  if (byFlux !== undefined)
    return byFlux === release.name && labels['helm.toolkit.fluxcd.io/namespace'] === release.entry.namespace;
  const byHelm = annotations[helmAnnotation];
  if (byHelm !== undefined)
    return byHelm === release.releaseName && annotations['meta.helm.sh/release-namespace'] === release.targetNamespace;
  return (
    labels[managedBy] === 'Helm' &&
    labels['app.kubernetes.io/instance'] === release.releaseName &&
    release.targetNamespace === namespace
  );
}

/**
 * Whether a HelmRelease puts the field of the object back when somebody else changes it.
 * @see fluxcd/helm-controller v1.6 internal/action/diff.go (Diff)
 */
export function correctsDrift(release: HelmReleaseView, named: Named, pointer: string): boolean {
  const { object } = release.entry;
  if (textAt(object, 'spec', 'driftDetection', 'mode') !== 'enabled') return false;
  const key = 'helm.toolkit.fluxcd.io/driftDetection';
  if (named.entry?.annotations[key] === 'disabled' || named.entry?.labels[key] === 'disabled') return false;
  // A patch after rendering may add that annotation: what it selects is kustomize's own language.
  if (JSON.stringify(listAt(object, 'spec', 'postRenderers')).includes('driftDetection')) return false;
  return !isIgnored(listAt(object, 'spec', 'driftDetection', 'ignore'), named, pointer);
}

/**
 * Whether one of Flux's ignore rules (of a HelmRelease or a Kustomization) covers the field of the object. Selectors of
 * labels and annotations are taken to match.
 * @see fluxcd/pkg ssa/jsondiff/selector.go, ssa/jsondiff/unstructured.go
 */
export function isIgnored(rules: readonly unknown[], named: Named, pointer: string): boolean {
  return rules.some((rule) => {
    const target = fieldsAt(rule, 'target');
    const covers = textsAt(rule, 'paths').some((path) => pointer === path || pointer.startsWith(`${path}/`));
    return covers && (!isFields(fieldsAt(rule).target) || isTarget(target, named));
  });
}

function isTarget(target: Fields, { kind, apiVersion, namespace, name }: Named): boolean {
  const version = apiVersion.slice(apiVersion.lastIndexOf('/') + 1);
  const parts = { group: apiGroup(apiVersion), version, kind, name, namespace };
  return Object.entries(parts).every(([field, value]) => {
    const pattern = textAt(target, field);
    return !pattern || matchesWhole(pattern, value);
  });
}

/** Go's expression over the whole text; one that JavaScript cannot read is taken to match. */
function matchesWhole(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(text);
  } catch {
    return true;
  }
}
