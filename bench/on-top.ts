import { isMainThread } from 'node:worker_threads';
import { launcherOptions, synthCatalog } from '../lib/synth';
import { runBuildWorker } from '../lib/synth/build-worker';

/**
 * A whole first synth `with|without CATALOG OUTDIR`, with preflight or without. No command leaves preflight out; what it
 * costs on top of the rest shows only so, as some of its work is done while units are built.
 */
async function main([mode, catalog, outdir]: readonly string[]): Promise<void> {
  const { findings, summary } = await synthCatalog({
    ...launcherOptions(process.env),
    catalog: catalog!,
    outdir: outdir!,
    ...(mode === 'without' ? { check: undefined } : {}),
  });
  if (!summary) throw new Error(`the catalog is not sound: ${findings[0]?.message}`);
}

if (isMainThread) void main(process.argv.slice(2));
else runBuildWorker();
