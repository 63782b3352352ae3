import type { Fields } from '../../kube';
import type { Analysis } from '../analysis';
import type { Provider } from '../providers';

/** What a fault is looked for in: one Canary as it would be applied. */
export interface FaultSubject {
  readonly name: string;
  /** `spec`, whole. */
  readonly spec: Fields;
  /** `spec.service`. */
  readonly service: Fields;
  /** Undefined where neither the Canary nor anybody else says it: what depends on the provider is then not judged. */
  readonly provider: Provider | undefined;
  /** The value of `spec.provider`, or what stands for it. */
  readonly providerValue: string;
  readonly analysis: Analysis;
}

/** One place where a Canary has a fault. */
export interface FaultHit {
  /** JSON pointer into `spec`. */
  readonly pointer: string;
  /** What is wrong, without the field's name in front: `"5s" is below 10s`. */
  readonly says: string;
  /** What to do; the row's cure when absent. */
  readonly cure?: string;
  /** The value to write there; `undefined` takes the field away. Absent where a person must decide. */
  readonly edit?: { readonly value: unknown };
}

/** A row of the table. */
export interface FaultRow {
  /** Stable; that of preflight's rule where one looks for the same. */
  readonly code: string;
  /**
   * `error`: the API server refuses it, or the rollout can never succeed. `warning`: Flagger does something else than is written;
   * somebody may mean it.
   */
  readonly severity: 'error' | 'warning';
  /** Why, one sentence. */
  readonly cause: string;
  readonly cure: string;
  /** Where the fact is from. */
  readonly source: string;
  readonly find: (subject: FaultSubject) => readonly FaultHit[];
}

/** A fault of one Canary: a hit with its row. */
export interface Fault extends FaultHit {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly cause: string;
  readonly cure: string;
}

/** One hit where a condition holds. */
/** What it says is put together for a fault alone: most Canaries have none. */
export const hitIf = (condition: boolean, hit: () => FaultHit): readonly FaultHit[] => (condition ? [hit()] : none);
export const none: readonly FaultHit[] = [];

/** A value as it is quoted in a sentence. */
export const quoted = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

/** Only in a canary that moves weights, with a provider of which the abilities are known. */
export const isWeighed = ({ analysis }: FaultSubject): boolean => analysis.strategy === 'canary';

/** Whether a text has a variable that somebody fills in later (Flux, envsubst, a chart): its form cannot be judged yet. */
export const isFilledInLater = (text: string): boolean => /\$\{|\{\{|\$\(/.test(text);
