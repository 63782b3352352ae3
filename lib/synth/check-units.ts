import type { KubeObject } from '../kube';
import type { PlacedUnit } from './build-units';
import { changedSinceCheck } from './changed-units';
import type { CheckRequest, LastCheck } from './check-request';
import { filesOf, type LastRun } from './last-run';
import type { PackReader } from './pack';
import type { Plan } from './plan';
import type { RenderedFile } from './render';

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
