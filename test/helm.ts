import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { builtPath } from '../e2e/lib/tools';

/** The real Helm: AVIARY_HELM, the one that e2e has built, or the one of the machine. Undefined where there is none. */
export function findHelm(): string | undefined {
  const candidates = [process.env.AVIARY_HELM, builtPath('helm', join(__dirname, '..'), process.env)];
  const found = candidates.find((path) => path !== undefined && existsSync(path));
  if (found) return found;
  return spawnSync('helm', ['version'], { stdio: 'ignore' }).status === 0 ? 'helm' : undefined;
}

/** Runs Helm and gives what it prints; its complaint is thrown. */
export function helm(path: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(path, [...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`helm ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout;
}

/** Writes a chart's files below a folder. */
export function writeFiles(folder: string, files: Iterable<readonly [string, string]>): void {
  for (const [file, text] of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
}
