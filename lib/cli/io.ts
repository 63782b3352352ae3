/** Where a command writes. */
export interface Output {
  readonly isTTY: boolean;
  /** Width of the terminal; 80 where it is not one. */
  readonly columns: number;
  write(text: string): void;
}

/** All that a command knows of the world besides the disk: so that a test can run it in memory. */
export interface Io {
  /** Results. */
  readonly stdout: Output;
  /** Messages, progress and findings that accompany a result. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute; relative paths in arguments start here. */
  readonly cwd: string;
  /** Somebody reads the messages and can answer. @default false */
  readonly isInteractive?: boolean;
  /** All of the standard input. */
  readStdin(): Promise<string>;
  /** Evaluates main.ts, whose charts belong to the tree. @default there is none: the catalog alone */
  readonly main?: () => unknown;
}

/** The process that we are. */
export function processIo(process: NodeJS.Process): Io {
  return {
    stdout: processOutput(process.stdout),
    stderr: processOutput(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    isInteractive: process.stdin.isTTY === true && process.stderr.isTTY === true && !process.env.CI,
    async readStdin() {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}

function processOutput(stream: NodeJS.WriteStream): Output {
  let isClosed = false;
  // `aviary … | head`: the reader went away, which is no error of ours.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isClosed = true;
  });
  return {
    isTTY: stream.isTTY === true,
    columns: stream.columns ?? 80,
    write(text) {
      if (!isClosed) stream.write(text);
    },
  };
}

/** Colours: on a terminal, unless NO_COLOR or TERM=dumb; FORCE_COLOR wins. @see https://no-color.org */
export function wantsColor(output: Output, env: Io['env']): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return output.isTTY && env.TERM !== 'dumb';
}
