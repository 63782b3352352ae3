import { createHash } from 'node:crypto';
import { isConfigTrackingDisabled } from '../flagger';
import { at, fieldsAt, type KubeObject, listAt, textAt } from '../kube';
import { canonicalJson } from './digest';
import { RELEASE_CHECKSUM_ANNOTATION } from './labels';

/** No other volume may have this name. kubelet leaves out a volume that no container mounts. */
export const RELEASE_VOLUME = 'aviary-release';

/**
 * A Canary has no observedGeneration: after an apply its status still shows the end of the last release. So every
 * canaried release brings a ConfigMap whose only content is a digest of what makes Flagger roll out, as a volume that
 * no container mounts. Flagger tracks it like every ConfigMap of the pod and reports its checksum in
 * `status.trackedConfigs`; the Canary is applied with the checksum that belongs to it. Where the two differ, Flagger
 * has not seen the release yet.
 *
 * The name has a dot, which neither a service's name nor the folder of its configuration has: no other ConfigMap is named so.
 * @see fluxcd/flagger v1.44 pkg/canary/config_tracker.go GetTargetConfigs, HasConfigChanged
 */
export const releaseConfigName = (name: string): string => `${name}.release`;

/** What Flagger makes a rollout of. */
export interface RolloutParts {
  /** `spec.template` of the Deployment as it is applied. */
  readonly template: unknown;
  /** Data of the ConfigMaps that the pods refer to, by name. */
  readonly configs: Readonly<Record<string, unknown>>;
}

/** The content of the ConfigMap. */
export function releaseConfigData(
  parts: RolloutParts,
  /** Quicker than the canonical text and equal to it when all keys are sorted, as cdk8s writes them. */
  stringify: (value: unknown) => string = canonicalJson,
): Record<string, string> {
  const hash = createHash('sha256').update(stringify(parts.template));
  for (const name of Object.keys(parts.configs).sort()) hash.update(`\n${name}\n${stringify(parts.configs[name])}`);
  return { digest: `sha256:${hash.digest('hex')}` };
}

/**
 * The checksum that Flagger computes of a ConfigMap's data: the first 8 bytes of the SHA-256 of Go's JSON, whose keys
 * are sorted. Go escapes `<`, `>`, `&` and two line separators, which the data above does not have.
 * @see fluxcd/flagger v1.44 pkg/canary/config_tracker.go checksum
 */
export function trackedChecksum(data: Readonly<Record<string, string>>): string {
  return createHash('sha256').update(canonicalJson(data)).digest('hex').slice(0, 16);
}

/** Which objects make up a release. */
export interface ReleaseNames {
  readonly name: string;
  readonly namespace?: string;
  /** Names of its ConfigMaps, without the one that is filled in. */
  readonly configMaps: readonly string[];
}

/**
 * The ConfigMap's content, from rendered objects. Undefined when the Deployment is not among them or does not refer to
 * the ConfigMap (any more): Flagger then never reports it.
 */
export function releaseDataOf(
  objects: readonly unknown[],
  names: ReleaseNames,
  stringify?: (value: unknown) => string,
): Record<string, string> | undefined {
  const configs: Record<string, unknown> = {};
  let template: unknown;
  for (const object of objects as readonly KubeObject[]) {
    const { name = '', namespace } = object.metadata ?? {};
    if (namespace !== names.namespace) continue;
    if (object.kind === 'Deployment' && name === names.name) template = at(object, 'spec', 'template');
    if (
      object.kind === 'ConfigMap' &&
      names.configMaps.includes(name) &&
      !isConfigTrackingDisabled(object.metadata.annotations)
    ) {
      configs[name] = object.data ?? {};
    }
  }
  const isReferredTo = listAt(template, 'spec', 'volumes').some(
    (volume) => textAt(volume, 'configMap', 'name') === releaseConfigName(names.name),
  );
  return isReferredTo ? releaseConfigData({ template, configs }, stringify) : undefined;
}

/** What stands in the annotation of a Canary in the same file until the file is rendered. */
export const checksumPlaceholder = (name: string): string => `release of ${name}`;

/** Fills in the ConfigMap and the annotations of the Canaries in a file's rendered objects. */
export function fillInRelease(
  objects: readonly unknown[],
  names: ReleaseNames,
  stringify?: (value: unknown) => string,
): void {
  const data = releaseDataOf(objects, names, stringify);
  for (const object of objects as readonly KubeObject[]) {
    const { name, namespace } = object.metadata ?? {};
    if (namespace !== names.namespace) continue;
    if (data && object.kind === 'ConfigMap' && name === releaseConfigName(names.name)) {
      (object as { data?: unknown }).data = data;
    }
    if (object.kind !== 'Canary') continue;
    const annotations = fieldsAt(object, 'metadata', 'annotations') as Record<string, unknown>;
    if (annotations[RELEASE_CHECKSUM_ANNOTATION] !== checksumPlaceholder(names.name)) continue;
    if (data) annotations[RELEASE_CHECKSUM_ANNOTATION] = trackedChecksum(data);
    else delete annotations[RELEASE_CHECKSUM_ANNOTATION];
  }
}
