import type { Io, Output } from './io';

/** An Io that keeps what was written, for tests. */
export interface MemoryIo extends Io {
  /** All that went to stdout so far. */
  readonly out: string;
  /** All that went to stderr so far. */
  readonly err: string;
}

/** What a test says about the world of a command. */
export interface MemoryIoOptions {
  readonly env?: Io['env'];
  readonly cwd?: string;
  readonly isTTY?: boolean;
  readonly stdin?: string;
}

/** An `Io` in memory: what a command prints can be read, and nothing outside is touched. */
export function memoryIo({ env = {}, cwd = '/', isTTY = false, stdin = '' }: MemoryIoOptions = {}): MemoryIo {
  const written = { out: '', err: '' };
  const output = (name: 'out' | 'err'): Output => ({
    isTTY,
    columns: 80,
    write(text) {
      written[name] += text;
    },
  });
  return {
    stdout: output('out'),
    stderr: output('err'),
    env,
    cwd,
    readStdin: async () => stdin,
    get out() {
      return written.out;
    },
    get err() {
      return written.err;
    },
  };
}
