/** The contract with scripts: what the exit code of every command means. */
export const ExitCode = {
  ok: 0,
  /** There are findings of severity error, or the work could not be done; the message says why. */
  findings: 1,
  /** The command line is wrong. */
  usage: 2,
  /** A push was refused at every attempt: the same command may succeed later. */
  attemptsUsedUp: 3,
  /** A bug of ours (EX_SOFTWARE of sysexits.h). */
  bug: 70,
} as const;

/** What a command ends with: the contract with scripts. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Thrown by a command for arguments that contradict each other: printed without a stack, exit code 2. */
export class UsageError extends Error {}
