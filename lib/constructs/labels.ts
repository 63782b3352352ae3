import { defaults } from '../flagger';

/** Label and annotation keys that this project puts on objects. */
export const RELEASE_DIGEST_ANNOTATION = 'aviary.dev/release-digest';
/**
 * On a Canary: the checksum that Flagger reports in `status.trackedConfigs` once it has seen the release that the Canary was
 * applied with. Flux' health check compares the two (`FluxBootstrap`).
 */
export const RELEASE_CHECKSUM_ANNOTATION = 'aviary.dev/release-checksum';
/** On a workload: hosts that it calls and no variable names, separated by commas: edges of the call graph for preflight. */
export const CALLS_ANNOTATION = 'aviary.dev/calls';
/** Rules that preflight does not report for an object: `code=reason`, several with `;`. */
export const IGNORE_ANNOTATION = 'aviary.dev/ignore';
/** How long Flagger takes, in words, on the Canary: what a reviewer and an on-call engineer want to know. */
export const DURATION_ANNOTATION = 'aviary.dev/rollout-duration';

/** The one selector label. Flagger takes the first of `app`, `name`, `app.kubernetes.io/name` that a selector has. */
export const selectorLabels = (name: string): Record<string, string> => ({ app: name });

/** The same selector for the primary: Flagger gives the first label that it knows the suffix `-primary`. */
export function primarySelector(selector: Readonly<Record<string, string>>): Record<string, string> {
  const key = defaults.selectorLabels.find((label) => selector[label] !== undefined);
  return key === undefined ? { ...selector } : { ...selector, [key]: `${selector[key]}-primary` };
}

/** Recommended labels, for metadata of objects; never in selectors, which cannot be changed later. */
export function objectLabels(name: string, partOf?: string): Record<string, string> {
  return {
    ...selectorLabels(name),
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/managed-by': 'aviary',
    ...(partOf ? { 'app.kubernetes.io/part-of': partOf } : {}),
  };
}

/** Says at a HelmRelease which fields its component writes itself, and why their drift is not corrected. */
export const IGNORED_DRIFT_ANNOTATION = 'aviary.dev/ignored-drift';
