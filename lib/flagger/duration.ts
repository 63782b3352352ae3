import { parseGoDuration } from '../kube';

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

/** What Flagger makes of the fields: A/B and Blue/Green count iterations, a canary moves weights. */
export type Strategy = 'canary' | 'a/b' | 'blue/green';

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

const MINIMUM_INTERVAL_MS = 10_000;
const DEFAULT_INTERVAL_MS = 60_000;
/** What Flagger sets for provider kubernetes without iterations. @see fluxcd/flagger v1.44 pkg/controller/scheduler.go */
const KUBERNETES_ITERATIONS = 10;

/**
 * Flagger's own reading of `analysis.interval`: what does not parse is a minute, what is below ten seconds is ten.
 * @see fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go GetAnalysisInterval
 */
export function analysisIntervalMs(interval: string | undefined): number {
  const parsed = parseGoDuration(interval ?? '');
  if (!parsed.ok) return DEFAULT_INTERVAL_MS;
  return Math.max(parsed.value, MINIMUM_INTERVAL_MS);
}

/** `threshold` as Flagger counts it: below one is one. */
export function failureThreshold(threshold: number | undefined): number {
  return Math.max(1, threshold ?? 1);
}

/** Which strategy Flagger runs. @see fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go DeploymentStrategy */
export function deploymentStrategy(analysis: AnalysisTiming, provider = 'istio'): Strategy {
  if (provider === 'kubernetes') return 'blue/green';
  if ((analysis.iterations ?? 0) < 1) return 'canary';
  return analysis.match && analysis.match.length > 0 ? 'a/b' : 'blue/green';
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
    return { ...timing, iterations: KUBERNETES_ITERATIONS };
  return { ...timing, stepWeight: analysis.stepWeight ?? 10, maxWeight: analysis.maxWeight ?? 50 };
}

/** The weights that a canary passes through, in percent. Empty when the fields make it stall. */
export function canaryWeights(analysis: AnalysisTiming): number[] {
  const steps = analysis.stepWeights ?? [];
  if (steps.length > 0) return steps.map((step) => Math.min(100, step));
  const step = analysis.stepWeight ?? 0;
  if (step <= 0) return [];
  const last = Math.min(100, (analysis.maxWeight ?? 0) > 0 ? analysis.maxWeight! : 100);
  const weights: number[] = [];
  for (let weight = step; ; weight += step) {
    weights.push(Math.min(100, weight));
    if (weight >= last) return weights;
  }
}

/**
 * Ticks and seconds of a rollout, from Flagger's algorithm; held against recorded rollouts of the real one.
 * @see fluxcd/flagger v1.44 pkg/controller/scheduler.go advanceCanary, runCanary, runAB, runBlueGreen, runPromotionTrafficShift
 */
export function rolloutDuration(analysis: AnalysisTiming, options: RolloutOptions = {}): RolloutDuration {
  const { provider = 'istio', skipAnalysis = false, readinessTicks = 0, promotionTicks = 0 } = options;
  const intervalMs = analysisIntervalMs(analysis.interval);
  const strategy = deploymentStrategy(analysis, provider);
  const weights = strategy === 'canary' ? canaryWeights(analysis) : [];
  const successTicks =
    (skipAnalysis ? 1 : analysisTicks(analysis, strategy, provider, weights) + promotionTicks) + readinessTicks;
  const rollbackTicks = 2 + readinessTicks + failureThreshold(analysis.threshold);
  // One interval more: nothing watches the Deployment, a change is noticed at the next tick.
  const seconds = (ticks: number) => Math.ceil(((ticks + 1) * intervalMs) / 1000);
  return {
    strategy,
    intervalMs,
    weights,
    successTicks,
    rollbackTicks,
    successSeconds: seconds(successTicks),
    rollbackSeconds: seconds(rollbackTicks),
  };
}

function analysisTicks(
  analysis: AnalysisTiming,
  strategy: Strategy,
  provider: string,
  weights: readonly number[],
): number {
  const shiftTicks = (finalWeight: number) =>
    (analysis.stepWeightPromotion ?? 0) > 0 ? Math.ceil(finalWeight / analysis.stepWeightPromotion!) : 1;
  switch (strategy) {
    case 'canary': {
      const steps = weights.length + (analysis.mirror ? 1 : 0);
      return steps + shiftTicks(weights.at(-1) ?? 0) + 2;
    }
    case 'a/b':
      return (analysis.iterations ?? 0) + shiftTicks(100) + 2;
    case 'blue/green': {
      const iterations = (analysis.iterations ?? 0) < 1 ? KUBERNETES_ITERATIONS : analysis.iterations!;
      return provider === 'kubernetes' ? iterations + 4 : iterations + shiftTicks(100) + 3;
    }
  }
}
