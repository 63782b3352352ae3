import { fieldsAt, listAt, numberAt, parseGoDuration, textAt } from '../../kube';
import { type FaultHit, type FaultRow, hitIf, isWeighed, none, quoted } from './fault';

const at = (field: string) => `/analysis/${field}`;
const SCHEDULER = 'fluxcd/flagger v1.44 pkg/controller/scheduler.go';
const CANARY = 'fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go';

/** Faults of intervals, thresholds, weights and iterations. */
export const analysisRows: readonly FaultRow[] = [
  {
    code: 'interval-clamped',
    severity: 'warning',
    cause: 'Flagger checks every 10 seconds at most, and every minute where it cannot read the interval',
    cure: 'write a duration of 10s or more, such as "30s" or "1m"',
    source: `${CANARY} (GetAnalysisInterval)`,
    find: ({ analysis }) => {
      const text = textAt(analysis.raw, 'interval');
      if (text === undefined) return none;
      const parsed = parseGoDuration(text);
      if (!parsed.ok)
        return [{ pointer: at('interval'), says: `${quoted(text)} is not a duration: it ${parsed.error}` }];
      return hitIf(parsed.value < 10_000, () => ({
        pointer: at('interval'),
        says: `${quoted(text)} is below 10s, which Flagger would use instead`,
        edit: { value: '10s' },
      }));
    },
  },
  {
    code: 'threshold-zero',
    severity: 'warning',
    cause: 'Flagger takes a threshold below one for one: the first failed check ends the rollout',
    cure: 'write 1 or more',
    source: `${CANARY} (GetAnalysisThreshold)`,
    find: ({ analysis }) => {
      const threshold = numberAt(analysis.raw, 'threshold');
      return hitIf(threshold !== undefined && threshold < 1, () => ({
        pointer: at('threshold'),
        says: `${threshold} is below 1`,
        edit: { value: 1 },
      }));
    },
  },
  {
    code: 'no-advance-zero-step',
    severity: 'error',
    cause: 'Flagger advances by a step above zero only: it would check for ever',
    cure: 'write a step above zero, or iterations of 1 or more',
    source: `${SCHEDULER} (nextStepWeight, advanceCanary)`,
    find: (subject) => {
      const { raw, stepWeight, stepWeights, isEndless } = subject.analysis;
      if (!isWeighed(subject) || !isEndless || stepWeights !== undefined || stepWeight > 0) return none;
      const field = raw.stepWeight === undefined ? 'iterations' : 'stepWeight';
      const value = numberAt(raw, field);
      return hitIf(value !== undefined, () => ({
        pointer: at(field),
        says: `${value} never advances`,
        cure: field === 'iterations' ? 'write 1 or more' : 'write a step above 0',
      }));
    },
  },
  {
    code: 'stepweights-empty',
    severity: 'error',
    cause: 'without a step Flagger never advances',
    cure: 'list the weights, such as [5, 20, 50]',
    source: `${SCHEDULER} (nextStepWeight)`,
    find: (subject) =>
      hitIf(
        isWeighed(subject) && subject.analysis.stepWeight <= 0 && subject.analysis.stepWeights?.length === 0,
        () => ({
          pointer: at('stepWeights'),
          says: 'is empty',
        }),
      ),
  },
  {
    code: 'stepweights-not-increasing',
    severity: 'error',
    cause: 'Flagger advances only when the next weight is greater than the present one',
    cure: 'write a rising list from 1 to 100, such as [5, 20, 50]',
    source: `${SCHEDULER} (nextStepWeight, advanceCanary)`,
    find: (subject) => {
      const { stepWeights = [], stepWeight } = subject.analysis;
      if (!isWeighed(subject) || stepWeight > 0) return none;
      const isRising = stepWeights.every(
        (weight, index) => weight >= 1 && weight <= 100 && weight > (stepWeights[index - 1] ?? 0),
      );
      const rising = [...new Set(stepWeights)].sort((a, b) => a - b);
      return hitIf(!isRising, () => ({
        pointer: at('stepWeights'),
        says: `[${stepWeights}] must increase strictly, from 1 to 100: else the analysis never ends`,
        ...(rising.every((weight) => weight >= 1 && weight <= 100) ? { edit: { value: rising } } : {}),
      }));
    },
  },
  {
    code: 'maxweight-gt-100',
    severity: 'error',
    cause: 'weights end at 100: a maximum above is never reached, and nothing is promoted',
    cure: 'write 1 to 100',
    source: `${SCHEDULER} (maxWeight, runCanary)`,
    find: (subject) => {
      const { maxWeight } = subject.analysis;
      return hitIf(isWeighed(subject) && maxWeight > 100, () => ({
        pointer: at('maxWeight'),
        says: `${maxWeight} is above 100`,
        edit: { value: 100 },
      }));
    },
  },
  {
    code: 'maxweight-zero',
    severity: 'warning',
    cause: 'Flagger takes a maximum below one for 100',
    cure: 'write 1 to 100, or leave it out',
    source: `${SCHEDULER} (maxWeight)`,
    find: (subject) => {
      const written = numberAt(subject.analysis.raw, 'maxWeight');
      return hitIf(
        isWeighed(subject) && !subject.analysis.stepWeights?.length && written !== undefined && written < 1,
        () => ({
          pointer: at('maxWeight'),
          says: `${written} is below 1`,
          edit: { value: undefined },
        }),
      );
    },
  },
  {
    code: 'step-overshoots-max',
    severity: 'warning',
    cause: 'Flagger adds whole steps: the first one goes beyond the maximum already',
    cure: 'write a step up to maxWeight',
    source: `${SCHEDULER} (runCanary)`,
    find: (subject) => {
      const { stepWeight, maxWeight } = subject.analysis;
      return hitIf(isWeighed(subject) && stepWeight > maxWeight, () => ({
        pointer: at('stepWeight'),
        says: `${stepWeight} is above maxWeight ${maxWeight}`,
        edit: { value: maxWeight },
      }));
    },
  },
  {
    code: 'maxweight-ignored',
    severity: 'warning',
    cause: 'beside stepWeights the last step is the maximum',
    cure: 'remove it',
    source: `${SCHEDULER} (maxWeight)`,
    find: ({ analysis }) =>
      hitIf(Boolean(analysis.stepWeights?.length) && numberAt(analysis.raw, 'maxWeight') !== undefined, () => ({
        pointer: at('maxWeight'),
        says: 'is not read beside stepWeights',
        edit: { value: undefined },
      })),
  },
  {
    code: 'steppromo-overlap',
    severity: 'error',
    cause: 'with a step below zero the traffic never comes back to the promoted primary',
    cure: 'write 1 to 100',
    source: `${SCHEDULER} (runPromotionTrafficShift)`,
    find: ({ analysis }) =>
      hitIf(analysis.stepWeightPromotion < 0, () => ({
        pointer: at('stepWeightPromotion'),
        says: `${analysis.stepWeightPromotion} is below 0`,
      })),
  },
  {
    code: 'ready-threshold-range',
    severity: 'error',
    cause: 'above 100 the pods are never ready, at 0 they always are',
    cure: 'write 1 to 100',
    source: 'fluxcd/flagger v1.44 pkg/canary/deployment_ready.go',
    find: ({ analysis }) =>
      ['primaryReadyThreshold', 'canaryReadyThreshold'].flatMap((field): readonly FaultHit[] => {
        const value = numberAt(analysis.raw, field);
        return hitIf(value !== undefined && (value > 100 || value < 0), () => ({
          pointer: at(field),
          says: `${value} is no percentage from 1 to 100`,
        }));
      }),
  },
  {
    code: 'mirrorweight-range',
    severity: 'error',
    cause: 'it is a percentage',
    cure: 'write 0 to 100',
    source: 'fluxcd/flagger v1.44 pkg/router/istio.go (SetRoutes)',
    find: ({ analysis }) => {
      const value = numberAt(analysis.raw, 'mirrorWeight');
      return hitIf(value !== undefined && (value > 100 || value < 0), () => ({
        pointer: at('mirrorWeight'),
        says: `${value} is no percentage from 0 to 100`,
      }));
    },
  },
  {
    code: 'match-without-iterations',
    severity: 'warning',
    cause: 'with weights a match only narrows which requests are weighed',
    cure: 'add iterations for an A/B test',
    source: `${CANARY} (DeploymentStrategy)`,
    find: (subject) =>
      hitIf(isWeighed(subject) && subject.analysis.match.length > 0, () => ({
        pointer: at('match'),
        says: 'needs iterations: with weights it would only narrow which requests are weighed',
      })),
  },
  {
    code: 'match-header-case',
    severity: 'warning',
    cause: 'Istio compares header names in lower case only',
    cure: 'write the name in lower case',
    source: 'fluxcd/flagger v1.44 docs/gitbook/usage/deployment-strategies.md',
    find: ({ analysis, provider }) =>
      provider?.id !== 'istio'
        ? none
        : analysis.match.flatMap((match, index) =>
            Object.keys(fieldsAt(match, 'headers'))
              .filter((name) => name !== name.toLowerCase())
              .map((name) => ({
                pointer: `${at('match')}/${index}/headers/${name}`,
                says: 'has capital letters',
                cure: `write "${name.toLowerCase()}"`,
              })),
          ),
  },
  {
    code: 'session-cookie',
    severity: 'error',
    cause: 'Flagger refuses a Canary whose two cookies have one name, and a cookie needs a name',
    cure: 'give each cookie a name of its own',
    source: 'fluxcd/flagger v1.44 pkg/controller/controller.go (verifySessionAffinity)',
    find: ({ analysis }) => {
      const { sessionAffinity } = analysis;
      if (!sessionAffinity) return none;
      const name = textAt(sessionAffinity, 'cookieName') ?? '';
      const primary = textAt(sessionAffinity, 'primaryCookieName') ?? '';
      return hitIf(name === '' || name === primary, () => ({
        pointer: at('sessionAffinity/cookieName'),
        says: name === '' ? 'is empty' : `${quoted(name)} is the name of both cookies`,
      }));
    },
  },
  {
    code: 'alert-name',
    severity: 'warning',
    cause: 'a name tells alerts apart in messages and here',
    cure: 'give each alert a name of its own',
    source: 'fluxcd/flagger v1.44 pkg/controller/events.go',
    find: ({ analysis }) => duplicates(listAt(analysis.raw, 'alerts'), '/analysis/alerts'),
  },
];

/** Later entries of a list that carry the name of an earlier one. */
export function duplicates(list: readonly unknown[], pointer: string): FaultHit[] {
  const names = new Set<string>();
  return list.flatMap((item, index) => {
    const name = textAt(item, 'name') ?? '';
    if (!names.has(name)) {
      names.add(name);
      return [];
    }
    return [{ pointer: `${pointer}/${index}/name`, says: `${quoted(name)} is the name of an earlier one` }];
  });
}
