import type { Command } from 'commander';
import type { ExitCode } from '../exit-code';
import type { Io } from '../io';

/** What a command gets: the world, and where its exit code goes. */
export interface CommandContext {
  readonly io: Io;
  /** The exit code of the program; 0 when nobody calls it. */
  exit(code: ExitCode): void;
}

/**
 * Adds one subcommand. The convention for `commands/<name>.ts`:
 * - `add<Name>: AddCommand` declares arguments and options, and its action calls `context.exit(await run(options, context.io))`;
 * - `run<Name>(options, io)` is what tests call; it returns the exit code and may throw UsageError;
 * - heavy rooms are loaded inside `run<Name>` by `require('../../synth') as typeof import('../../synth')` (bundled, but run
 *   only then), so that `--help` and the other commands start at once.
 */
export type AddCommand = (program: Command, context: CommandContext) => void;
