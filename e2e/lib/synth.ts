import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './tools';

export type CatalogData = Record<string, unknown>;

/** Runs the project's own command on a catalog: the folder with the tree, or an error with its findings. */
export async function synthTree(root: string, folder: string, name: string, catalog: CatalogData): Promise<string> {
  const file = join(folder, `${name}.json`);
  const out = join(folder, name);
  writeFileSync(file, JSON.stringify(catalog, null, 2));
  await run(
    process.execPath,
    [join(root, 'bin', 'aviary.js'), 'synth', '--catalog', file, '--out', out, '--no-cache'],
    {
      cwd: root,
      env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' },
    },
  );
  return out;
}
