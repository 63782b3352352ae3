import type { Finding } from '../findings';
import type { ReportOptions } from '../synth';
import type { SynthesizedApp, SynthOutcome } from './synthesized-app';

/** How the process was started: what a command line says beside what main.ts says. It is louder. */
export interface RunOptions {
  readonly catalog?: string;
  readonly outdir?: string;
  readonly force?: boolean;
  /** Folder of the tree that Flux has. @default the output folder as it stands */
  readonly base?: string;
  /** @default true */
  readonly cache?: boolean;
  /** Only findings. @default false */
  readonly quiet?: boolean;
  /** Says where the time went. @default false */
  readonly timing?: boolean;
  /** Where findings and the summary go. @default the standard error */
  readonly report?: ReportOptions;
  /** Only makes the app: its `synth` writes nothing. @default false */
  readonly isInspection?: boolean;
}

/** What came of main.ts. */
export interface MainOutcome {
  /** The app that it made, if it did. */
  readonly app?: SynthesizedApp;
  /** Of `synth`, if it was called. */
  readonly outcome?: SynthOutcome;
  /** What went wrong in its code. */
  readonly findings: readonly Finding[];
}

/** What `aviary synth` of the installed package says to the app that it starts. */
let options: RunOptions = process.env.AVIARY_RUN === undefined ? {} : JSON.parse(process.env.AVIARY_RUN);
let app: SynthesizedApp | undefined;
let synthesized: ((outcome: Promise<SynthOutcome>) => void) | undefined;

/** The app tells that it is there, and gets what the command line says. */
export function started(one: SynthesizedApp): RunOptions {
  app = one;
  return options;
}

/** How the process was started. */
export function runOptions(): RunOptions {
  return options;
}

/** The app tells that it is being synthesized. */
export function synthesizes(outcome: Promise<SynthOutcome>): Promise<SynthOutcome> {
  synthesized?.(outcome);
  return outcome;
}

/** Evaluates main.ts and waits until it has synthesized its app. What it throws is a finding. */
export async function runMain(load: () => unknown, run: RunOptions): Promise<MainOutcome> {
  options = run;
  app = undefined;
  let settle: (outcome: MainOutcome | Promise<MainOutcome>) => void = () => undefined;
  const settled = new Promise<MainOutcome>((resolve) => {
    settle = resolve;
  });
  const fail = (error: unknown): void => settle({ app, findings: findingsOf(error) });
  const isNotCalled = (): void => settle({ app, findings: [notSynthesized()] });
  synthesized = (outcome) => settle(outcome.then((done) => ({ app, outcome: done, findings: [] })));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  process.once('beforeExit', isNotCalled);
  try {
    load();
    return await settled;
  } catch (error) {
    return { app, findings: findingsOf(error) };
  } finally {
    process.off('uncaughtException', fail);
    process.off('unhandledRejection', fail);
    process.off('beforeExit', isNotCalled);
  }
}

/** The catalog's own errors come first: with a catalog that cannot be used, code may fail for no other reason. */
function findingsOf(error: unknown): Finding[] {
  const { codeFinding } = require('../synth') as typeof import('../synth');
  const own = codeFinding(error, 'main.ts failed');
  const { catalogFindings } = require('./render-app') as typeof import('./render-app');
  return [...(app ? catalogFindings(app) : []), own];
}

function notSynthesized(): Finding {
  return {
    code: 'app-not-synthesized',
    severity: 'error',
    place: { file: 'main.ts' },
    message: app ? 'nobody has called synth of the AviaryApp' : 'it makes no AviaryApp',
    cause: 'Only its synth writes the tree; what a cdk8s App beside it writes is part of no cluster.',
    fix: app
      ? 'End with app.synth()'
      : "const app = new AviaryApp(); new Chart(app.cluster('production').apps, 'mine'); app.synth();",
    docs: 'docs/extending.md',
  };
}
