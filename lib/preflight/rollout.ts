import type { RolloutDuration } from '../flagger';
import type { CanaryView } from '../world';

/** How long a rollout of the Canary takes, as Flagger reads it. */
export function rolloutOf({ rollout }: CanaryView): RolloutDuration {
  return rollout;
}
