// Bundles the harness (it is TypeScript, and its Kubernetes client is an ES module) and runs it.
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Inside node_modules, so that what is not bundled is found from there; one file a process, so that two runs don't meet.
const folder = join(root, 'node_modules', '.cache', 'aviary-e2e');
const bundle = join(folder, `harness-${process.pid}.mjs`);
mkdirSync(folder, { recursive: true });
try {
  await build({
    entryPoints: [join(root, 'e2e', 'main.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
    sourcemap: 'inline',
  });
  const { main } = await import(pathToFileURL(bundle).href);
  rmSync(bundle, { force: true });
  process.exitCode = await main(process.argv.slice(2), root);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
  process.exitCode = 1;
} finally {
  rmSync(bundle, { force: true });
}
