import { isFields, listAt, parseGoDuration } from '../../kube';
import type { CanaryView } from '../../world';
import { canary, deployment, successRate } from '../case-manifests';
import { rule } from '../rule';

type FieldType = 'number' | 'boolean' | 'string' | 'duration';

/** The fields that people quote, or forget to, by what holds them. The types are those of the definition of Canary. */
const types: Readonly<
  Record<'spec' | 'service' | 'analysis' | 'metric' | 'range' | 'webhook', Record<string, FieldType>>
> = {
  spec: { progressDeadlineSeconds: 'number', skipAnalysis: 'boolean', suspend: 'boolean', revertOnDeletion: 'boolean' },
  service: { port: 'number', portDiscovery: 'boolean', headless: 'boolean', delegation: 'boolean', timeout: 'string' },
  analysis: {
    interval: 'duration',
    threshold: 'number',
    iterations: 'number',
    stepWeight: 'number',
    maxWeight: 'number',
    stepWeightPromotion: 'number',
    mirror: 'boolean',
    mirrorWeight: 'number',
    primaryReadyThreshold: 'number',
    canaryReadyThreshold: 'number',
  },
  metric: { interval: 'duration', threshold: 'number' },
  range: { min: 'number', max: 'number' },
  webhook: { timeout: 'duration', retries: 'number', muteAlert: 'boolean' },
};

export default rule({
  id: 'field-wrong-type',
  severity: 'error',
  effect: 'rejected',
  since: '0.1.0',
  why: 'The definition of Canary gives each field a type, and the API server refuses a Canary with another one: a number in quotes (often from a template) is a text, 60 is no duration, and an interval or a timeout of hours is refused too: it has to begin with minutes or seconds. Nothing of the Canary is applied then, and one that is in the cluster already stays as it was.',
  cause: 'the API server takes each field of a Canary only with its type',
  source: ['fluxcd/flagger v1.44 kustomize/base/flagger/crd.yaml (canaries.flagger.app v1beta1)'],
  codes: [],
  each: 'canary',
  check(canary, report) {
    for (const { pointer, value, type } of wrongTypes(canary))
      report(canary, {
        pointer,
        message: `${pointer.slice(1).replaceAll('/', '.')} of Canary "${canary.name}" is ${JSON.stringify(value)}${typeof value === 'string' && type === 'duration' ? '' : `, ${nouns[typeof value] ?? 'no plain value'}`}, and the API server takes ${nouns[type]} only`,
        fix: fixOf(value, type),
      });
  },
  cases: () => ({
    bad: [
      {
        name: 'numbers in quotes',
        manifests: [
          deployment('cart'),
          canary('cart', {
            service: { port: '80' },
            analysis: { threshold: '5', metrics: [{ ...successRate, thresholdRange: { min: '99' } }] },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/service/port',
            message: 'spec.service.port of Canary "cart" is "80", a text, and the API server takes a number only',
          },
          { object: 'Canary shop/cart', pointer: '/spec/analysis/threshold' },
          { object: 'Canary shop/cart', pointer: '/spec/analysis/metrics/0/thresholdRange/min' },
        ],
      },
      {
        name: 'an interval without a unit',
        manifests: [deployment('cart'), canary('cart', { analysis: { interval: 60 } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/interval',
            message:
              'spec.analysis.interval of Canary "cart" is 60, a number, and the API server takes a duration of minutes or seconds only',
          },
        ],
      },
      {
        name: 'hours',
        manifests: [deployment('cart'), canary('cart', { analysis: { interval: '1h' } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/interval',
            message:
              'spec.analysis.interval of Canary "cart" is "1h", and the API server takes a duration of minutes or seconds only',
          },
        ],
      },
      {
        name: 'weights and switches in quotes',
        manifests: [
          deployment('cart'),
          canary('cart', {
            spec: { skipAnalysis: 'true' },
            analysis: { stepWeight: undefined, maxWeight: undefined, stepWeights: [10, '20', 50] },
          }),
        ],
        expect: [
          { object: 'Canary shop/cart', pointer: '/spec/skipAnalysis' },
          { object: 'Canary shop/cart', pointer: '/spec/analysis/stepWeights/1' },
        ],
      },
    ],
    good: [
      { name: 'numbers', manifests: [deployment('cart'), canary('cart')] },
      { name: 'a port of the pods may have a name', manifests: [canary('cart', { service: { targetPort: 'http' } })] },
      {
        name: 'a value that Flux substitutes',
        manifests: [canary('cart', { analysis: { threshold: '${threshold}' } })],
      },
    ],
  }),
});

interface WrongType {
  readonly pointer: string;
  readonly value: unknown;
  readonly type: FieldType;
}

function wrongTypes(canary: CanaryView): readonly WrongType[] {
  const found: WrongType[] = [];
  const judge = (value: unknown, type: FieldType, holder: string, field: string | number) => {
    if (value === null || isOf(value, type)) return;
    // Flux replaces these before the API server sees them, and may make numbers of them.
    if (typeof value === 'string' && value.includes('${')) return;
    found.push({ pointer: `${holder}/${field}`, value, type });
  };
  const look = (holder: unknown, known: Readonly<Record<string, FieldType>>, pointer: string) => {
    if (!isFields(holder)) return;
    for (const field in known)
      if (holder[field] !== undefined) judge(holder[field], known[field] ?? 'string', pointer, field);
  };
  const { spec, service, analysis, analysisPointer } = canary;
  look(spec, types.spec, '/spec');
  look(service, types.service, '/spec/service');
  look(analysis.raw, types.analysis, analysisPointer);
  listAt(analysis.raw, 'stepWeights').forEach((weight, index) => {
    judge(weight, 'number', `${analysisPointer}/stepWeights`, index);
  });
  for (const { raw, pointer } of canary.metrics) {
    look(raw, types.metric, pointer);
    look(raw.thresholdRange, types.range, `${pointer}/thresholdRange`);
  }
  for (const { raw, pointer } of canary.webhooks) look(raw, types.webhook, pointer);
  return found;
}

/** What the definition asks of a duration: its pattern is open at the end, so Go may still not be able to read it. */
const duration = /^[0-9]+(m|s)/;

function isOf(value: unknown, type: FieldType): boolean {
  return type === 'duration' ? typeof value === 'string' && duration.test(value) : typeof value === type;
}

const nouns: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  duration: 'a duration of minutes or seconds',
};

function fixOf(value: unknown, type: FieldType): string {
  if (type === 'string' || type === 'duration') {
    if (typeof value === 'number') return `write ${value}s`;
    const parsed = parseGoDuration(`${value}`);
    return parsed.ok && parsed.value >= 1000
      ? `write ${Math.round(parsed.value / 1000)}s`
      : 'write a duration such as 1m';
  }
  const isMeant =
    type === 'number' ? Number.isFinite(Number(value)) && value !== '' : /^(true|false)$/.test(`${value}`);
  return typeof value === 'string' && isMeant ? `write ${value} without quotes` : `write ${nouns[type]} without quotes`;
}
