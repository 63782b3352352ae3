// Bundles the harness (it is TypeScript, and its sources load rooms of lib lazily) and runs it.
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Inside node_modules, so that what is not bundled is found from there; one file a process, so that two runs don't meet.
const folder = join(root, 'node_modules', '.cache', 'aviary-e2e');
const bundle = join(folder, `harness-${process.pid}.cjs`);
mkdirSync(folder, { recursive: true });
try {
  await build({
    entryPoints: [join(root, 'e2e', 'main.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
    sourcemap: 'inline',
  });
  const { main } = createRequire(import.meta.url)(bundle);
  rmSync(bundle, { force: true });
  process.exitCode = await main(process.argv.slice(2), root);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
  process.exitCode = 1;
} finally {
  rmSync(bundle, { force: true });
}
