import { at, type Fields, fieldsAt, isFields, listAt, type StructuralSchema, schemaFaults } from '../../kube';
import definitions from '../definitions.json';
import { type FaultHit, type FaultRow, type FaultSubject, quoted } from './fault';

const canarySchema = definitions.Canary as StructuralSchema;

/** The schemas of `spec` of Flagger's kinds. @see fluxcd/flagger v1.44 artifacts/flagger/crd.yaml */
export const specSchemas: Readonly<Record<'Canary' | 'MetricTemplate' | 'AlertProvider', StructuralSchema>> =
  definitions as never;

const found = new WeakMap<Fields, ReturnType<typeof schemaFaults>>();
function faultsOf({ spec }: FaultSubject) {
  let faults = found.get(spec);
  if (!faults) {
    faults = schemaFaults(spec, canarySchema);
    found.set(spec, faults);
  }
  return faults;
}

const hits =
  (kinds: readonly string[], says: (value: unknown) => string) =>
  (subject: FaultSubject): FaultHit[] =>
    faultsOf(subject)
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ pointer, value, allowed }) => ({
        pointer,
        says: says(value),
        cure: `write ${allowed}`,
      }));

/** Fields that Flagger reads into whole numbers, though the definition takes any. @see fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go */
const wholeNumbers: readonly (readonly string[])[] = [
  ['progressDeadlineSeconds'],
  ['service', 'port'],
  ...'iterations threshold maxWeight stepWeight stepWeightPromotion mirrorWeight primaryReadyThreshold canaryReadyThreshold'
    .split(' ')
    .map((field) => ['analysis', field]),
  ['analysis', 'sessionAffinity', 'maxAge'],
];

/** What the API server would refuse, or Flagger could not read. */
export const definitionRows: readonly FaultRow[] = [
  {
    code: 'definition',
    severity: 'error',
    cause: 'the definition of Canary refuses it',
    cure: 'write what the definition takes',
    source: 'fluxcd/flagger v1.44 artifacts/flagger/crd.yaml',
    find: (subject) => [
      ...hits(
        ['missing'],
        () => 'is missing',
      )(subject).map((hit) =>
        hit.pointer === '/analysis' && isFields(subject.spec.canaryAnalysis)
          ? {
              ...hit,
              says: 'is missing, and canaryAnalysis is its old name',
              cure: 'rename canaryAnalysis to analysis',
            }
          : hit,
      ),
      ...hits(['wrong-type', 'not-allowed'], (value) =>
        isFields(value) ? `has ${Object.keys(value).join(', ') || 'no field'}` : `${quoted(value)} is not taken`,
      )(subject),
    ],
  },
  {
    code: 'unknown-field',
    severity: 'warning',
    cause: 'the definition of Canary does not have the field, and the API server drops it without a word',
    cure: 'remove it',
    source: 'fluxcd/flagger v1.44 artifacts/flagger/crd.yaml',
    find: hits(['unknown-field'], () => 'does not exist'),
  },
  {
    code: 'field-wrong-type',
    severity: 'error',
    cause: 'Flagger reads a whole number and, where it finds another, no Canary of the cluster',
    cure: 'write a whole number',
    source: 'fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go',
    find: ({ spec }) => {
      const found: FaultHit[] = [];
      const judge = (value: unknown, pointer: () => string) => {
        if (typeof value === 'number' && !Number.isInteger(value))
          found.push({ pointer: pointer(), says: `${value} is no whole number` });
      };
      for (const path of wholeNumbers) judge(at(spec, ...(path as [string])), () => `/${path.join('/')}`);
      for (const [index, value] of listAt(spec, 'analysis', 'stepWeights').entries())
        judge(value, () => `/analysis/stepWeights/${index}`);
      for (const [index, hook] of listAt(spec, 'analysis', 'webhooks').entries())
        judge(fieldsAt(hook).retries, () => `/analysis/webhooks/${index}/retries`);
      return found;
    },
  },
];
