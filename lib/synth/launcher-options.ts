import type { SynthCatalogOptions } from './synth-catalog';

/** What `bin/launch.js` tells about the code that runs, AVIARY_THREADS, and AVIARY_IMAGES: the file that says which images run. Empty when the code was started in another way, such as by a test. */
export function launcherOptions(
  env: Readonly<Record<string, string | undefined>>,
): Pick<SynthCatalogOptions, 'cacheDir' | 'codeDigest' | 'images' | 'threads' | 'workerScript'> {
  const threads = Number(env.AVIARY_THREADS);
  return {
    cacheDir: env.AVIARY_CACHE_DIR,
    codeDigest: env.AVIARY_CODE_DIGEST,
    workerScript: env.AVIARY_WORKER,
    ...(env.AVIARY_IMAGES ? { images: env.AVIARY_IMAGES } : {}),
    ...(threads >= 1 ? { threads } : {}),
  };
}
