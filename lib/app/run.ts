import type { Construct } from 'constructs';

/** How the process was started: what a command line says beside what main.ts says. */
export interface RunOptions {
  /** Louder than the props of the app. */
  readonly catalog?: string;
  readonly outdir?: string;
  readonly force?: boolean;
  /** @default true */
  readonly cache?: boolean;
  readonly quiet?: boolean;
  readonly timing?: boolean;
}

let options: RunOptions = {};
let app: Construct | undefined;

/** Before main.ts is evaluated. */
export function startRun(run: RunOptions): void {
  options = run;
  app = undefined;
}

/** Remembers the process' app. */
export function started(one: Construct): RunOptions {
  app = one;
  return options;
}

export function runOptions(): RunOptions {
  return options;
}

export function startedApp(): Construct | undefined {
  return app;
}
