import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { CONSTRUCTS, exampleProgram, publicDeclarations } from '../tools/constructs-page';
import { examplesOf } from './page-examples';

const root = path.join(__dirname, '..');

test('the examples of README, docs/extending.md and docs/constructs.md compile', () => {
  const declarations = publicDeclarations();
  const programs = [
    ...['README.md', 'docs/extending.md'].flatMap((page) => [...examplesOf(page).values()]),
    ...CONSTRUCTS.map((name) => exampleProgram(declarations.get(name)!)!.replace("'cdk8s-aviary'", "'./lib'")),
  ];
  expect(programs.length).toBeGreaterThan(18);
  const folder = mkdtempSync(path.join(tmpdir(), 'aviary-docs-'));
  try {
    for (const name of ['lib', 'imports', 'bin', 'node_modules'])
      symlinkSync(path.join(root, name), path.join(folder, name), 'junction');
    const files = programs.map((code, index) => {
      writeFileSync(path.join(folder, `example-${index}.ts`), code);
      return `example-${index}.ts`;
    });
    const config = { extends: path.join(root, 'tsconfig.json'), include: files };
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(
      process.execPath,
      [tsc, '--noEmit', '--types', 'node,jest', '--noUnusedLocals', 'false'],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    expect(stdout).toBe('');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
