import type { Unit } from '../charts';
import type { Finding } from '../findings';
import type { KubeObject } from '../kube';
import type { PlacedUnit } from './build-units';
import { filesOf, type LastRun } from './last-run';
import type { PackReader } from './pack';
import type { Plan } from './plan';
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

/** When more units than this share have changed, everything is checked anew. */
const MAX_CHANGED_SHARE = 0.1;

/** What the check of a run is asked with. */
export interface Checking {
  readonly plan: Plan;
  readonly units: readonly PlacedUnit[];
  readonly last: LastRun;
  readonly reader: PackReader;
  /** The objects of units that were built in this run, where they are checked as a whole. */
  readonly parsed: ReadonlyMap<string, readonly RenderedFile[]>;
  /** Called with each object that is read. */
  readonly onObject: () => void;
}

/** Phase "check": what it may look at, one unit at a time, as a big tree does not have to be in memory. */
export function checkRequest({ plan, units, last, reader, parsed, onObject }: Checking): CheckRequest {
  return {
    units: plan.units,
    *objects(named) {
      let position = 0;
      for (const unit of units) {
        if (named && !named.has(unit.id)) {
          position += unit.objects;
          continue;
        }
        for (const { path: file, documents } of parsed.get(unit.id) ?? filesOf(unit, reader))
          for (const object of documents) {
            onObject();
            yield {
              object: object as KubeObject,
              unit: unit.id,
              cluster: unit.cluster,
              file,
              position: position++,
            };
          }
      }
    },
    last: lastCheck(plan, units, last, reader),
  };
}

/** Nothing when the last check was another code's, or the units are others. */
function lastCheck(plan: Plan, units: readonly PlacedUnit[], last: LastRun, reader: PackReader): LastCheck | undefined {
  const { state } = last;
  const changed = changedSinceCheck(units, last);
  if (!state?.check || !changed) return undefined;
  return {
    kept: state.check.keep,
    changed: changed.map((index) => ({
      unit: plan.units[index]!,
      before: filesOf(state.units[index]!, reader),
      after: filesOf(units[index]!, reader),
    })),
  };
}

/** Positions of the units that are not as they were checked last; undefined where everything is to be checked. */
export function changedSinceCheck(
  units: readonly { readonly id: string; readonly key: string }[],
  { state, salt }: LastRun,
): number[] | undefined {
  if (!state?.check?.keep || state.check.code !== salt || state.units.length !== units.length) return undefined;
  const changed: number[] = [];
  for (const [index, { id, key }] of units.entries()) {
    const before = state.units[index]!;
    if (before.id !== id) return undefined;
    if (before.key !== key) changed.push(index);
  }
  // Each of them is read twice, and what it touches too: many are better looked at in one go.
  return changed.length > MAX_CHANGED_SHARE * units.length ? undefined : changed;
}
