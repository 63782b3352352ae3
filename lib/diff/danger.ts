import type { Severity } from '../findings';
import type { KubeObject } from '../kube';
import type { Entry } from '../world';
import type { ClusterDiff, ObjectChange } from './cluster-diff';
import type { Rollouts } from './rollouts';

/** The words of one report. */
export interface DangerReport {
  /** Field of the object, as a JSON pointer. @default the object */
  readonly pointer?: string;
  /** One sentence: which thing, what happens to it, the values that were seen. */
  readonly message: string;
  /** What to do where it is not meant; an instruction that can be carried out without reading on. */
  readonly fix: string;
  /** Overrides the danger's. */
  readonly severity?: Severity;
  /** Overrides the danger's. */
  readonly cause?: string;
}

/** Reports at an object, as it is after the change; before it where it goes. */
export type ReportDanger = (subject: ObjectChange | Entry, report: DangerReport) => void;

/** What a danger may look at. */
export interface DangerView extends ClusterDiff {
  readonly rolling: Rollouts;
}

/** Objects, or objects by the file in which they are, for dangers that ask which Kustomization applies one. */
export type DangerObjects = readonly KubeObject[] | Readonly<Record<string, readonly KubeObject[]>>;

/** Two states of one cluster. */
export interface DangerCase {
  readonly name: string;
  readonly before: DangerObjects;
  readonly after: DangerObjects;
}

/** A pair at which the danger reports exactly this. */
export interface BadDangerCase extends DangerCase {
  readonly expect: readonly { readonly object: string; readonly message: string; readonly severity?: Severity }[];
}

/** Something that a change may break though both states are sound: a rule over changes. */
export interface Danger {
  /** Kebab case, for ever: names what goes wrong. The name of the file. */
  readonly id: string;
  /** `error` where users lose data or an answer; `warning` where that depends; `info` where somebody should know. */
  readonly severity: Severity;
  /** The version that brought it. */
  readonly since: string;
  /** For the page: what happens and why, in a few sentences. */
  readonly why: string;
  /** For the finding: why it is dangerous, in one sentence. */
  readonly cause: string;
  /** Where the fact comes from. */
  readonly source: readonly string[];
  check(diff: DangerView, report: ReportDanger): void;
  readonly cases: { readonly bad: readonly BadDangerCase[]; readonly good: readonly DangerCase[] };
}

/** Declares a danger; `lib/diff/dangers/<id>.ts` exports it as default. */
export function danger(danger: Danger): Danger {
  return danger;
}
