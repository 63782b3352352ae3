import type { Unit } from '../charts';
import type { Finding } from '../findings';
import type { KubeObject } from '../kube';
import type { RenderedFile } from './render';

/** An object with where it comes from, for a check. */
export interface CheckedObject {
  readonly object: KubeObject;
  readonly unit: string;
  readonly cluster: string;
  /** Below the output folder. */
  readonly file: string;
  /** Position in the whole tree. */
  readonly position: number;
  /** A controller makes it of what stands in the file (a chart): it is not written. */
  readonly isMade?: true;
}

/** What a check may look at. */
export interface CheckRequest {
  /** The units in their order. */
  readonly units: readonly Unit[];
  /** The objects of all units, or of those that are named. */
  objects(units?: ReadonlySet<string>): Iterable<CheckedObject>;
  /** The last run's check, when the same code made the same units of other input. */
  readonly last?: LastCheck;
}

/** What the last run's check kept, and what has changed since. */
export interface LastCheck {
  readonly kept: unknown;
  /** The units of another input, with their files then and now. */
  readonly changed: readonly ChangedUnit[];
}

/** A unit of another input than at the last check, with its files then and now. */
export interface ChangedUnit {
  readonly unit: Unit;
  readonly before: readonly RenderedFile[];
  readonly after: readonly RenderedFile[];
}

/** What a check has found, and what it wants to know again. */
export interface CheckOutcome {
  readonly findings: readonly Finding[];
  /** Plain data for the next run's check. */
  readonly keep?: unknown;
}
