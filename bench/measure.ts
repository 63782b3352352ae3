import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import * as path from 'node:path';

export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Gets the standard output; without it that is thrown away. */
  readonly stdout?: string;
}

export interface Sample {
  readonly seconds: number;
  /** Undefined where GNU time is missing. */
  readonly mebibytes?: number;
  /** It was stopped then. */
  readonly isTimedOut?: boolean;
  /** Of these, preflight's own, where the command says (`--timing`). */
  readonly checkSeconds?: number;
}

/** Nobody waits longer for manifests. */
const TIMEOUT_SECONDS = 40;
const GNU_TIME = '/usr/bin/time';

/** Runs it once and measures wall time and peak memory. */
export function measure({ argv, env, cwd, stdout }: Command, scratch: string): Sample {
  const report = path.join(scratch, 'time');
  const hasTime = existsSync(GNU_TIME);
  const [program, ...args] = hasTime ? [GNU_TIME, '-f', '%M', '-o', report, ...argv] : argv;
  const output = stdout === undefined ? 'ignore' : openSync(stdout, 'w');
  const started = process.hrtime.bigint();
  const { status, stderr, error } = spawnSync('timeout', ['-k', '1', String(TIMEOUT_SECONDS), program!, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, 'pipe'],
    maxBuffer: 1 << 26,
  });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (typeof output === 'number') closeSync(output);
  if (error) throw error;
  // What GNU timeout says when it had to stop a program.
  if (status === 124 || status === 137) return { seconds, isTimedOut: true };
  if (status !== 0) throw new Error(`${argv.join(' ')} failed with ${status}:\n${stderr.toString().slice(-2000)}`);
  const check = / check (\d+) ms/.exec(stderr.toString())?.[1];
  const checkSeconds = check === undefined ? {} : { checkSeconds: Number(check) / 1000 };
  if (!hasTime) return { seconds, ...checkSeconds };
  const mebibytes = Number(readFileSync(report, 'utf8').trim().split('\n').at(-1)) / 1024;
  rmSync(report);
  return { seconds, mebibytes, ...checkSeconds };
}

export interface Statistics {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly mebibytes?: number;
  readonly count: number;
  readonly isTimedOut: boolean;
  /** Median of preflight's own share. */
  readonly checkSeconds?: number;
}

export function statistics(samples: readonly Sample[]): Statistics {
  const seconds = samples.map((sample) => sample.seconds).sort((a, b) => a - b);
  const middle = seconds.length >> 1;
  const median = seconds.length % 2 === 1 ? seconds[middle]! : (seconds[middle - 1]! + seconds[middle]!) / 2;
  const checks = samples.flatMap(({ checkSeconds }) => checkSeconds ?? []).sort((a, b) => a - b);
  const memory = samples.flatMap(({ mebibytes }) => mebibytes ?? []);
  return {
    median,
    min: seconds[0]!,
    max: seconds.at(-1)!,
    mebibytes: memory.length > 0 ? Math.max(...memory) : undefined,
    count: samples.length,
    isTimedOut: samples.some((sample) => sample.isTimedOut),
    ...(checks.length === 0 ? {} : { checkSeconds: checks[checks.length >> 1] }),
  };
}
