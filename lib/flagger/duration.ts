import { type Analysis, readAnalysis, type Strategy } from './analysis';
import { defaults } from './facts';

/** The fields of a Canary's `spec.analysis` that decide how long a rollout takes, as in the manifest. */
export interface AnalysisTiming {
  readonly interval?: string;
  readonly threshold?: number;
  readonly iterations?: number;
  readonly stepWeight?: number;
  readonly stepWeights?: readonly number[];
  readonly maxWeight?: number;
  readonly stepWeightPromotion?: number;
  readonly mirror?: boolean;
  readonly match?: readonly unknown[];
}

/** What the duration of a rollout depends on besides its analysis. */
export interface RolloutOptions {
  /** Flagger's provider of this Canary. @default 'istio' */
  readonly provider?: string;
  /** `spec.skipAnalysis`. */
  readonly skipAnalysis?: boolean;
  /** Extra ticks until the canary's pods are ready; scaling up takes until the next tick anyway. @default 0 */
  readonly readinessTicks?: number;
  /** Extra ticks until the primary has rolled out after the promotion. @default 0 */
  readonly promotionTicks?: number;
}

/** How long a rollout takes that nobody interrupts, counted from the tick that detects the new revision. */
export interface RolloutDuration {
  readonly strategy: Strategy;
  /** Milliseconds between ticks, after Flagger's clamps. */
  readonly intervalMs: number;
  /** The canary's weights in percent, in order; empty for A/B and Blue/Green. */
  readonly weights: readonly number[];
  /** Tick at which the phase becomes Succeeded. */
  readonly successTicks: number;
  /** Tick at which the phase becomes Failed when a metric fails from the first check on. */
  readonly rollbackTicks: number;
  /** Longest wall time to Succeeded: the ticks, and up to one interval until the change is noticed. */
  readonly successSeconds: number;
  /** Longest wall time to Failed, likewise. */
  readonly rollbackSeconds: number;
}

/**
 * What a Canary gets that says little: a minute, five failed checks, tenths up to a half. Without a mesh nothing can be
 * weighed (Flagger would warn at every tick and count ten iterations), so there it is ten iterations.
 */
export function analysisDefaults<T extends AnalysisTiming>(
  analysis: T,
  provider: string,
): T & { readonly interval: string; readonly threshold: number } {
  const timing = { ...analysis, interval: analysis.interval ?? '1m', threshold: analysis.threshold ?? 5 };
  if (analysis.iterations !== undefined || analysis.stepWeights !== undefined) return timing;
  if (provider === 'kubernetes' && analysis.stepWeight === undefined)
    return { ...timing, iterations: defaults.iterationsOnKubernetes };
  return { ...timing, stepWeight: analysis.stepWeight ?? 10, maxWeight: analysis.maxWeight ?? 50 };
}

/**
 * Ticks and seconds of a rollout, from Flagger's algorithm; held against recorded rollouts of the real one.
 * @see fluxcd/flagger v1.44 pkg/controller/scheduler.go advanceCanary, runCanary, runAB, runBlueGreen, runPromotionTrafficShift
 */
export function rolloutDuration(analysis: AnalysisTiming, options: RolloutOptions = {}): RolloutDuration {
  return rolloutOf(readAnalysis({ analysis }, options.provider ?? 'istio'), options);
}

/** The same for an analysis that has been read. One that is endless is counted to the weight where it stays. */
export function rolloutOf(analysis: Analysis, options: RolloutOptions = {}): RolloutDuration {
  const { provider = 'istio', skipAnalysis = false, readinessTicks = 0, promotionTicks = 0 } = options;
  const { strategy, weightsPercent: weights, intervalSeconds } = analysis;
  const successTicks =
    (skipAnalysis ? 1 : analysisTicks(analysis, provider === 'kubernetes') + promotionTicks) + readinessTicks;
  const rollbackTicks = 2 + readinessTicks + analysis.threshold;
  // One interval more: nothing watches the Deployment, a change is noticed at the next tick.
  const seconds = (ticks: number) => Math.ceil((ticks + 1) * intervalSeconds);
  return {
    strategy,
    intervalMs: intervalSeconds * 1000,
    weights,
    successTicks,
    rollbackTicks,
    successSeconds: seconds(successTicks),
    rollbackSeconds: seconds(rollbackTicks),
  };
}

function analysisTicks(analysis: Analysis, isUnrouted: boolean): number {
  const { strategy, weightsPercent, iterations, stepWeightPromotion, mirror } = analysis;
  const shiftTicks = (finalWeight: number) =>
    stepWeightPromotion > 0 ? Math.ceil(finalWeight / stepWeightPromotion) : 1;
  switch (strategy) {
    case 'canary':
      return weightsPercent.length + (mirror ? 1 : 0) + shiftTicks(weightsPercent.at(-1) ?? 0) + 2;
    case 'a/b':
      return iterations + shiftTicks(100) + 2;
    case 'blue/green':
      return isUnrouted ? iterations + 4 : iterations + shiftTicks(100) + 3;
  }
}
