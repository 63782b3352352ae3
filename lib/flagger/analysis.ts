import { at, booleanAt, type Fields, fieldsAt, isFields, listAt, numberAt, parseGoDuration, textAt } from '../kube';
import { defaults } from './facts';

/** What Flagger makes of the fields: A/B and Blue/Green count iterations, a canary moves weights. */
export type Strategy = 'canary' | 'a/b' | 'blue/green';

/** `spec.analysis` as Flagger reads it: defaults and clamps applied, whatever has the wrong type taken as absent. */
export interface Analysis {
  /** The fields as written. */
  readonly raw: Fields;
  readonly strategy: Strategy;
  /** Time between two checks, clamped: at least 10 s; 60 s when Go cannot read the text. */
  readonly intervalSeconds: number;
  /** Failed checks that a rollout survives plus one: at least 1. */
  readonly threshold: number;
  /** 0 when absent. */
  readonly stepWeight: number;
  /** Undefined when absent: an empty list means something else to Flagger. */
  readonly stepWeights: readonly number[] | undefined;
  /** The weight at which the canary is promoted. Not clamped to 100 when it comes from `maxWeight`: Flagger does not either. */
  readonly maxWeight: number;
  /** 0: all traffic returns at once. */
  readonly stepWeightPromotion: number;
  /** On `kubernetes` 10 when less than 1. */
  readonly iterations: number;
  /** `analysis.match`; empty on `kubernetes`, which drops it. */
  readonly match: readonly Fields[];
  readonly mirror: boolean;
  readonly sessionAffinity: Fields | undefined;
  readonly primaryReadyThresholdPercent: number;
  readonly canaryReadyThresholdPercent: number;
  /** Weights in the order in which the canary gets them, up to the one where it is promoted or stays for ever; empty unless the strategy is `canary`. */
  readonly weightsPercent: readonly number[];
  /** Whether the promotion is never reached, though all checks succeed: the weights do not grow to the maximum, or no step is left there. */
  readonly isEndless: boolean;
}

/** Reads `spec.analysis` (or the deprecated `spec.canaryAnalysis`) as Flagger does for the given provider. */
export function readAnalysis(spec: unknown, provider: string): Analysis {
  const raw = isFields(at(spec, 'analysis')) ? fieldsAt(spec, 'analysis') : fieldsAt(spec, 'canaryAnalysis');
  const kubernetes = provider === 'kubernetes';
  const written = numberAt(raw, 'iterations') ?? 0;
  const iterations = kubernetes && written < 1 ? defaults.iterationsOnKubernetes : written;
  const match = kubernetes ? [] : listAt(raw, 'match').filter(isFields);
  const strategy: Strategy = iterations > 0 ? (match.length > 0 ? 'a/b' : 'blue/green') : 'canary';
  const stepWeight = numberAt(raw, 'stepWeight') ?? 0;
  const stepWeights = Array.isArray(at(raw, 'stepWeights'))
    ? listAt(raw, 'stepWeights').map((step) => (typeof step === 'number' ? step : 0))
    : undefined;
  const maxWeight = readMaxWeight(stepWeights, numberAt(raw, 'maxWeight') ?? 0);
  const affinity = at(raw, 'sessionAffinity');
  const steps = strategy === 'canary' ? stepsOf(stepWeight, stepWeights ?? [], maxWeight) : noSteps;
  return {
    raw,
    strategy,
    intervalSeconds: analysisIntervalMs(textAt(raw, 'interval')) / 1000,
    threshold: Math.max(1, numberAt(raw, 'threshold') ?? 1),
    stepWeight,
    stepWeights,
    maxWeight,
    stepWeightPromotion: numberAt(raw, 'stepWeightPromotion') ?? 0,
    iterations,
    match,
    mirror: booleanAt(raw, 'mirror') ?? false,
    sessionAffinity: typeof affinity === 'object' && affinity !== null ? (affinity as Fields) : undefined,
    primaryReadyThresholdPercent: numberAt(raw, 'primaryReadyThreshold') ?? defaults.readyThresholdPercent,
    canaryReadyThresholdPercent: numberAt(raw, 'canaryReadyThreshold') ?? defaults.readyThresholdPercent,
    weightsPercent: steps.weights,
    isEndless: steps.isEndless,
  };
}

/**
 * Flagger's own reading of `analysis.interval`: what does not parse is a minute, what is below ten seconds is ten.
 * @see fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go GetAnalysisInterval
 */
function analysisIntervalMs(interval: string | undefined): number {
  const parsed = parseGoDuration(interval ?? '');
  return parsed.ok ? Math.max(parsed.value, MINIMUM_INTERVAL_MS) : DEFAULT_INTERVAL_MS;
}
const MINIMUM_INTERVAL_MS = 10_000;
const DEFAULT_INTERVAL_MS = 60_000;

/** @see fluxcd/flagger v1.44 pkg/controller/scheduler.go maxWeight */
function readMaxWeight(stepWeights: readonly number[] | undefined, maxWeight: number): number {
  const last = stepWeights?.at(-1);
  if (last !== undefined) return Math.min(100, last);
  return maxWeight > 0 ? maxWeight : defaults.maxWeightPercent;
}

const noSteps = { weights: [] as readonly number[], isEndless: false };

/**
 * The weights that a rollout passes through. Where the next step is 0 or less Flagger checks again at every tick and never
 * advances, nor promotes: `[50, 20]` ends at 50, `[10, 10, 20]` at 10, and stepWeight 10 beside `[5]` is promoted at 10.
 * @see fluxcd/flagger v1.44 pkg/controller/scheduler.go advanceCanary, nextStepWeight, runCanary
 */
function stepsOf(stepWeight: number, stepWeights: readonly number[], maxWeight: number): typeof noSteps {
  const weights: number[] = [];
  let weight = 0;
  for (;;) {
    const step = nextStep(weight, stepWeight, stepWeights);
    if (step <= 0) return { weights, isEndless: true };
    if (weight >= maxWeight) return { weights, isEndless: false };
    // Flagger writes 100 again and again towards a maximum above it. More than a hundred steps have no whole number.
    if (weight === 100 || weights.length === 100) return { weights, isEndless: true };
    weight = Math.min(100, weight + step);
    weights.push(weight);
  }
}

/** The step that Flagger adds to a canary's weight; 0 or less means that it never advances. */
export function nextStep(weight: number, stepWeight: number, stepWeights: readonly number[]): number {
  if (stepWeight > 0 || stepWeights.length === 0) return stepWeight;
  const room = 100 - weight;
  if (room === 0) return 1;
  if (weight === 0) return Math.min(room, stepWeights[0] ?? 0);
  const index = stepWeights.slice(0, -1).indexOf(weight);
  return index < 0 ? room : Math.min(room, (stepWeights[index + 1] ?? 0) - weight);
}
