import type { SynthOptions } from './synthesize';

/** What `bin/launch.js` tells about the code that runs, and AVIARY_THREADS. Empty when the code was started in another way, such as by a test. */
export function launcherOptions(
  env: Readonly<Record<string, string | undefined>>,
): Pick<SynthOptions, 'cacheDir' | 'codeDigest' | 'threads' | 'workerScript'> {
  const threads = Number(env.AVIARY_THREADS);
  return {
    cacheDir: env.AVIARY_CACHE_DIR,
    codeDigest: env.AVIARY_CODE_DIGEST,
    workerScript: env.AVIARY_WORKER,
    ...(threads >= 1 ? { threads } : {}),
  };
}
