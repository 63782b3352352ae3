import { type RolloutDuration, rolloutDuration } from '../flagger';
import type { CanaryView } from '../world';

/** How long a rollout of the Canary takes, as Flagger reads it. */
export function rolloutOf({ analysis, provider, skipAnalysis }: CanaryView): RolloutDuration {
  const { strategy: _, intervalSeconds, ...timing } = analysis;
  return rolloutDuration({ ...timing, interval: `${intervalSeconds}s` }, { provider: provider.value, skipAnalysis });
}
