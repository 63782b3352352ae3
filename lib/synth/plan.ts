import type { Unit } from '../charts';
import type { Finding } from '../findings';
import type { FileSystem } from '../tree';
import type { CheckOutcome, CheckRequest } from './check-request';
import type { SynthSummary } from './summary';

/** What is to be synthesized. */
export interface Plan {
  readonly units: readonly Unit[];
  /** What was found on the way to it; an error stops the run. */
  readonly findings?: readonly Finding[];
  /** What the step from the tree that is there to the planned one does: shown once, and not again when nothing changes. */
  readonly changes?: readonly Finding[];
  /** For the summary. @default the number of units */
  readonly services?: number;
  readonly keep?: KeptPlan;
  /** Whether a unit's input is known to be what it was when the last run kept its plan. */
  readonly isSame?: (unit: Unit) => boolean;
}

/** @param last what the last written run's plan has kept */
export type MakePlan = (last?: KeptPlan) => Plan;

/** What a plan keeps for the next run's plan, when the same code makes it. */
export interface KeptPlan {
  /** May be long. */
  readonly text: string;
  /** Plain data. */
  readonly data: unknown;
}

/** Where a tree goes, and what is looked at on the way. */
export interface SynthOptions {
  /** The folder that gets the tree. */
  readonly outdir: string;
  /** Where caches lie; without it nothing is remembered. */
  readonly cacheDir?: string;
  /** Digest of all code that makes objects of inputs. Without it nothing is remembered. */
  readonly codeDigest?: string;
  /** Digest of all that `plan` reads: when it and the code are those of the last run, `plan` is not called. */
  readonly fingerprint?: string;
  /** Replaces files in the output folder that no synth wrote. @default false */
  readonly force?: boolean;
  /** When the run fails and the output folder is gone, the last tree is put back: `cdk8s synth` deletes it at its start. @default false */
  readonly restore?: boolean;
  /** Looks at all objects before anything is written; an error stops the run. */
  readonly check?: (request: CheckRequest) => CheckOutcome | Promise<CheckOutcome>;
  readonly onProgress?: (done: number, total: number) => void;
  /** One line that the user should see, such as that a damaged cache is not used. */
  readonly onNotice?: (line: string) => void;
  /** Script that runs a build worker; without it all is built in this thread. Only for units that `planUnits` made. */
  readonly workerScript?: string;
  /** Threads that build. @default as many as the machine has cores, four at most */
  readonly threads?: number;
  /** @default the disk */
  readonly fs?: FileSystem;
}

/** The counted work: exact numbers, for tests of growth. */
export interface SynthWork {
  readonly unitsBuilt: number;
  readonly constructsVisited: number;
  readonly objectsRendered: number;
  /** Objects that the check has read. */
  readonly objectsChecked: number;
}

/** What came of a run. */
export interface SynthResult {
  readonly findings: readonly Finding[];
  /** Undefined when an error stopped the run: the tree is as it was. */
  readonly summary?: SynthSummary;
  readonly work: SynthWork;
}

/** What a phase that ends the run gives, and the run. */
export interface Outcome {
  readonly findings: readonly Finding[];
  readonly summary?: Omit<SynthSummary, 'milliseconds'>;
}
