import type { Writable } from 'node:stream';

/** A run that takes less says nothing on the way. */
const PATIENCE_MILLISECONDS = 1000;

/** A line of a terminal that tells how far a run is. */
export interface ProgressLine {
  onProgress(done: number, total: number): void;
  /** Removes the line. */
  stop(): void;
}

/** Progress on a terminal, from the second second on. */
export function terminalProgress(stream: Writable): ProgressLine {
  const started = Date.now();
  let spinner: { text: string; stop(): unknown } | undefined;
  let isLoading = false;
  let isStopped = false;
  return {
    onProgress(done, total) {
      const text = `${done} of ${total} units built`;
      if (spinner) spinner.text = text;
      else if (!isLoading && Date.now() - started > PATIENCE_MILLISECONDS) {
        isLoading = true;
        void import('yocto-spinner').then(({ default: create }) => {
          if (!isStopped) spinner = create({ text, stream }).start();
        });
      }
    },
    stop() {
      isStopped = true;
      spinner?.stop();
    },
  };
}

/** Only people at a terminal look at progress. */
export function wantsProgress(isTTY: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTTY && !env.CI && env.TERM !== 'dumb';
}
