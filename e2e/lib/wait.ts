export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

export interface WaitOptions {
  readonly timeoutSeconds: number;
  readonly pollMilliseconds?: number;
  /** Called when time is up; what it returns ends the error's message. */
  readonly describe?: () => string | Promise<string>;
  /** Ends the wait at once with this error: a process that died need not be waited for. */
  readonly failed?: () => Error | undefined;
}

/** Asks until the answer is not undefined. An error while asking is an answer "not yet", and is told when time is up. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  { timeoutSeconds, pollMilliseconds = 250, describe, failed }: WaitOptions,
): Promise<T> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  let last = '';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      last = '';
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    const failure = failed?.();
    if (failure) throw failure;
    if (Date.now() > deadline) {
      const state = [last, await describe?.()].filter(Boolean).join('; ');
      throw new Error(`${what}: not within ${timeoutSeconds} s${state ? ` (${state})` : ''}`);
    }
    await sleep(pollMilliseconds);
  }
}
