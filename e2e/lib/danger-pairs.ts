import { type DangerCase, type DangerObjects, dangers } from '../../lib/diff';
import type { KubeObject } from '../../lib/kube';

/** Two states of a danger's own cases: what is said of the step between them is held against what happens. */
export interface DangerPair extends DangerCase {
  readonly danger: string;
  readonly isBad: boolean;
}

/** Where a pair is shown: by the API server and the controllers of Kubernetes alone, by Flux, by Flagger. */
export type Stage = 'kubernetes' | 'flux' | 'flagger';

/** What no part of the harness has, by the pair's name, and why. */
export const NOT_HERE: ReadonlyMap<string, string> = new Map([
  ['a claim that grows', 'the cluster has no volumes'],
  ['KEDA takes over', 'the cluster has no KEDA'],
  ['encrypted', 'Flux decrypts it before it applies it'],
]);

/** What Flux and Helm do at a change is shown by them. */
const FLUX_KINDS = ['Kustomization', 'GitRepository', 'HelmRelease', 'OCIRepository', 'CustomResourceDefinition'];

/** All objects of a state, whatever file they stand in. */
export const listed = (objects: DangerObjects): readonly KubeObject[] =>
  Array.isArray(objects) ? (objects as readonly KubeObject[]) : Object.values(objects).flat();

/** Every pair of every danger. */
export const dangerPairs: readonly DangerPair[] = dangers.flatMap(({ id, cases }) => [
  ...cases.bad.map((one) => ({ ...one, danger: id, isBad: true })),
  ...cases.good.map((one) => ({ ...one, danger: id, isBad: false })),
]);

/** Undefined where nothing here can show it. */
export function stageOf(pair: DangerPair): Stage | undefined {
  if (NOT_HERE.has(pair.name)) return undefined;
  const kinds = new Set([...listed(pair.before), ...listed(pair.after)].map(({ kind }) => kind));
  if (kinds.has('Canary')) return 'flagger';
  return FLUX_KINDS.some((kind) => kinds.has(kind)) ? 'flux' : 'kubernetes';
}

/** The pairs of a stage. */
export const pairsOf = (stage: Stage): readonly DangerPair[] => dangerPairs.filter((pair) => stageOf(pair) === stage);
