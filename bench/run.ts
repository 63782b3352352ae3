import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { buildSync } from 'esbuild';
import { parseAllDocuments } from 'yaml';
import { benchCatalog } from './catalog';
import { type Command, measure, type Sample, type Statistics, statistics } from './measure';
import { sectionOf, withSection } from './mutations/section';
import { writeHelmChart } from './peers/helm';
import { writeJsonnet } from './peers/jsonnet';
import { writeKustomize } from './peers/kustomize';
import { type Row, renderReport } from './report';
import { findTools, type Tools, versionOf } from './tools';
import { type Manifest, serviceObjects, valuesOf } from './values';

/** `npm run bench [-- --quick]`: writes bench/RESULTS.md. */
const isQuick = process.argv.includes('--quick');
const root = process.cwd();
/** A contender that would take longer than this at the next size, were it linear, is not asked for it. */
const PATIENCE_SECONDS = 30;
const log = (line: string): void => void process.stderr.write(`${line}\n`);

interface Contender {
  readonly name: string;
  readonly command: Command;
  /** Before each repetition, not timed. */
  readonly prepare?: () => void;
  /** All objects that it made, when it renders the common ones. */
  readonly objects?: () => Manifest[];
}

const scratch = mkdtempSync(path.join(os.tmpdir(), 'aviary-bench-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const cache = path.join(root, 'node_modules/.cache/aviary-bench');
mkdirSync(cache, { recursive: true });
const aviaryCache = path.join(scratch, 'cache');

const stockScript = bundleScript('bench/peers/stock.ts');
const floorScript = bundleScript('bench/peers/floor.ts');
const tools = findTools(cache, log);

function bundleScript(file: string): string {
  const outfile = path.join(scratch, `${path.basename(file, '.ts')}.js`);
  buildSync({
    entryPoints: [path.join(root, file)],
    bundle: true,
    platform: 'node',
    target: 'node20',
    outfile,
    logLevel: 'silent',
  });
  return outfile;
}

/** Bundled and started as the product is (`bin/launch.js` runs what is said to be the worker), so as fast as it. */
async function bundleOnTop(): Promise<Readonly<Record<string, string>>> {
  const { build, write } = require(path.join(root, 'bin/bundle.js')) as {
    build(root: string, entries: { text: string; first: string[] }): Promise<{ readonly digest: string }>;
    write(bundle: unknown, folder: string): void;
  };
  const bundle = await build(root, {
    text: "exports.worker = () => require('./bench/on-top');",
    first: ['bench/on-top.ts'],
  });
  const folder = path.join(scratch, 'on-top');
  write(bundle, folder);
  return {
    AVIARY_BUNDLE: folder,
    AVIARY_ROOT: root,
    AVIARY_CODE_DIGEST: bundle.digest,
    AVIARY_WORKER: path.join(root, 'bin/worker.js'),
  };
}

const aviaryEnv = { AVIARY_CACHE_DIR: aviaryCache };

let setAside = 0;

/**
 * Takes what is there out of the way. Nothing is deleted before the end: for minutes after a file was deleted, ext4
 * steps over its inode whenever it makes another file, and whoever makes files after the deletion of thousands waits.
 * @see Linux fs/ext4/ialloc.c (recently_deleted)
 */
function aside(file: string): void {
  if (!existsSync(file)) return;
  const folder = path.join(scratch, 'aside');
  mkdirSync(folder, { recursive: true });
  renameSync(file, path.join(folder, String(setAside++)));
}

/** Forgets what was built but not the bundle: what a first synth after an installation costs is another row. */
function forget(outdir: string): void {
  aside(outdir);
  if (!existsSync(aviaryCache)) return;
  for (const name of readdirSync(aviaryCache)) {
    if (name !== 'bundle' && name !== 'code') aside(path.join(aviaryCache, name));
  }
}

/** The process that cdk8s.yaml names, without the cdk8s CLI before it. */
function appCommand(catalog: string, outdir: string): Command {
  return {
    argv: [process.execPath, 'bin/app.js'],
    cwd: root,
    env: { ...aviaryEnv, AVIARY_CATALOG: catalog, CDK8S_OUTDIR: outdir },
  };
}

function synthCommand(catalog: string, outdir: string): Command {
  return {
    argv: [process.execPath, 'bin/aviary.js', 'synth', '--catalog', catalog, '--out', outdir, '--quiet', '--timing'],
    cwd: root,
    env: aviaryEnv,
  };
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

const yamlObjects = (text: string): Manifest[] => parseAllDocuments(text).flatMap((document) => document.toJS() ?? []);
const folderObjects = (folder: string): Manifest[] =>
  files(folder)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => yamlObjects(readFileSync(file, 'utf8')));

/** All that render the objects of `size` services, each ready to run. */
function contenders(size: number): Contender[] {
  const folder = path.join(scratch, `size-${size}`);
  mkdirSync(folder, { recursive: true });
  const at = (name: string): string => path.join(folder, name);
  const catalog = benchCatalog({ services: size, full: false });
  writeFileSync(at('catalog.json'), JSON.stringify(catalog, null, 2));
  const objects = serviceObjects(catalog);
  const values = valuesOf(objects);
  writeFileSync(at('objects.json'), JSON.stringify(objects));
  writeHelmChart(at('helm'), values);
  writeJsonnet(at('jsonnet'), values);
  if (size <= 1000) writeKustomize(at('kustomize'), objects);
  const fresh = (name: string) => () => {
    aside(at(name));
    mkdirSync(at(name));
  };
  const all: (Contender | undefined)[] = [
    {
      name: 'aviary',
      command: appCommand(at('catalog.json'), at('out-aviary')),
      prepare: () => forget(at('out-aviary')),
      objects: () =>
        folderObjects(path.join(at('out-aviary'), 'clusters/cluster-0/apps')).filter(
          ({ kind }) => kind !== 'Kustomization',
        ),
    },
    {
      name: 'stock cdk8s, one chart',
      command: { argv: [process.execPath, stockScript, 'one', at('catalog.json'), at('out-one')] },
      prepare: fresh('out-one'),
      objects: () => folderObjects(at('out-one')),
    },
    {
      name: 'stock cdk8s, chart per service',
      command: { argv: [process.execPath, stockScript, 'per', at('catalog.json'), at('out-per')] },
      prepare: fresh('out-per'),
      objects: () => folderObjects(at('out-per')),
    },
    tools.helm === undefined
      ? undefined
      : {
          name: 'helm template, umbrella chart',
          command: { argv: [tools.helm, 'template', 'umbrella', at('helm')], stdout: at('helm.yaml') },
          objects: () => yamlObjects(readFileSync(at('helm.yaml'), 'utf8')),
        },
    tools.kubectl === undefined || size > 1000
      ? undefined
      : {
          name: 'kubectl kustomize, overlay per service',
          command: { argv: [tools.kubectl, 'kustomize', at('kustomize')], stdout: at('kustomize.yaml') },
          objects: () => yamlObjects(readFileSync(at('kustomize.yaml'), 'utf8')),
        },
    tools.jsonnet === undefined
      ? undefined
      : {
          name: 'jsonnet -m, JSON',
          command: { argv: [tools.jsonnet, '-m', at('out-jsonnet'), 'main.jsonnet'], cwd: at('jsonnet') },
          prepare: fresh('out-jsonnet'),
          objects: () => files(at('out-jsonnet')).flatMap((file) => JSON.parse(readFileSync(file, 'utf8'))),
        },
    {
      name: 'floor: JSON.stringify and the writes',
      command: { argv: [process.execPath, floorScript, at('objects.json'), at('out-floor')] },
      prepare: fresh('out-floor'),
    },
  ];
  return all.filter((contender) => contender !== undefined);
}

/** Aviary alone, where no peer has the same: whole catalogs, clusters, runs after a run. */
function aviaryRows(): {
  readonly name: string;
  readonly services: number;
  readonly contender: Contender;
  readonly repetitions: number;
}[] {
  const rows: ReturnType<typeof aviaryRows> = [];
  const add = (name: string, services: number, clusters: number, full: boolean, repetitions: number): void => {
    const folder = path.join(scratch, `own-${rows.length}`);
    mkdirSync(folder);
    const catalog = path.join(folder, 'catalog.json');
    const outdir = path.join(folder, 'out');
    const content = benchCatalog({ services, clusters, full });
    const write = (run: number): void => {
      const changed = {
        ...content,
        services: content.services.map((service, index) =>
          index === services >> 1 ? { ...service, annotations: { run: String(run) } } : service,
        ),
      };
      writeFileSync(catalog, JSON.stringify(changed, null, 2));
    };
    write(0);
    rows.push({
      name: `${name}, first run`,
      services,
      repetitions,
      contender: { name, command: synthCommand(catalog, outdir), prepare: () => forget(outdir) },
    });
    if (clusters > 1) return;
    const warm = (): void => {
      if (!existsSync(outdir)) measure(appCommand(catalog, outdir), scratch);
    };
    rows.push({
      name: `${name}, nothing changed (aviary synth)`,
      services,
      repetitions,
      contender: {
        name,
        command: synthCommand(catalog, outdir),
        prepare: () => {
          warm();
          measure(synthCommand(catalog, outdir), scratch);
        },
      },
    });
    let run = 0;
    rows.push({
      name: `${name}, one service changed (aviary synth)`,
      services,
      repetitions,
      contender: {
        name,
        command: synthCommand(catalog, outdir),
        prepare: () => {
          warm();
          write(++run);
        },
      },
    });
  };
  for (const size of isQuick ? [12, 1000] : [12, 1000, 2000, 10000]) {
    const repetitions = size <= 100 ? 5 : 3;
    add('4 objects each', size, 1, false, repetitions);
    add('full catalog', size, 1, true, repetitions);
  }
  if (!isQuick) {
    add('4 objects each, 1 cluster', 500, 1, false, 3);
    add('4 objects each, 20 clusters', 500, 20, false, 3);
    add('full catalog, 1 cluster', 500, 1, true, 3);
    add('full catalog, 20 clusters', 500, 20, true, 3);
  }
  return rows;
}

/** What preflight costs on top of the rest: whole first runs of the same code with it and without it, in turn. */
async function onTopRows(services: number): Promise<Row[]> {
  const folder = path.join(scratch, 'on-top');
  mkdirSync(folder);
  const catalog = path.join(folder, 'catalog.json');
  writeFileSync(catalog, JSON.stringify(benchCatalog({ services }), null, 2));
  const env = { ...aviaryEnv, ...(await bundleOnTop()) };
  const run = (mode: string): Contender => {
    const outdir = path.join(folder, 'out');
    return {
      name: `full catalog, first run, ${mode} preflight`,
      command: { argv: [process.execPath, 'bin/worker.js', mode, catalog, outdir], cwd: root, env },
      prepare: () => forget(outdir),
    };
  };
  // Leaves the code compiled, as any earlier run of the product does.
  measure(run('with').command, scratch);
  const results = interleaved([run('with'), run('without')], 5);
  return [...results].map(([contender, result]) => ({ group: 'aviary', size: services, contender, result }));
}

function interleaved(all: readonly Contender[], repetitions: number): Map<string, Statistics> {
  const samples = new Map<string, Sample[]>(all.map(({ name }) => [name, []]));
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const { name, command, prepare } of all) {
      const list = samples.get(name)!;
      if (list.at(-1)?.isTimedOut) continue;
      prepare?.();
      list.push(measure(command, scratch));
    }
  }
  return new Map([...samples].map(([name, list]) => [name, statistics(list)]));
}

/** Key and content of an object, in any order of keys. */
function canonical(object: Manifest): [string, string] {
  const sorted = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(sorted);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(
      Object.entries(node)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => [key, sorted(value)]),
    );
  };
  return [`${object.kind} ${object.metadata.name}`, JSON.stringify(sorted(object))];
}

/** Nobody is timed who does not render the same objects. */
function assertSame(all: readonly Contender[]): void {
  let expected: Map<string, string> | undefined;
  for (const { name, command, prepare, objects } of all) {
    if (!objects) continue;
    prepare?.();
    measure(command, scratch);
    const found = new Map(objects().map(canonical));
    expected ??= found;
    if (found.size !== expected.size) throw new Error(`${name} renders ${found.size} objects, not ${expected.size}`);
    for (const [key, text] of expected) {
      if (found.get(key) !== text) throw new Error(`${name} renders another ${key}:\n${found.get(key)}\n${text}`);
    }
  }
  log(`all render the same ${expected?.size} objects`);
}

/** `npx cdk8s synth` of Online Boutique, and the same CLI with apps that do nothing and that only copy files. */
function cliRows(): Row[] {
  const outdir = path.join(scratch, 'cli');
  const empty = path.join(scratch, 'empty.js');
  const copy = path.join(scratch, 'copy.js');
  writeFileSync(empty, "require('node:fs').mkdirSync(process.env.CDK8S_OUTDIR, { recursive: true });");
  cpSync(path.join(root, 'dist'), path.join(scratch, 'ready'), { recursive: true });
  writeFileSync(
    copy,
    `require('node:fs').cpSync(${JSON.stringify(path.join(scratch, 'ready'))}, process.env.CDK8S_OUTDIR, { recursive: true });`,
  );
  const cli = (name: string, app: string): Contender => ({
    name,
    command: {
      argv: ['npx', 'cdk8s', 'synth', '--app', app, '--output', outdir],
      cwd: root,
      env: { ...aviaryEnv, CDK8S_CHECK_UPGRADE: 'false' },
    },
  });
  const all = [
    cli('npx cdk8s synth, empty app', `${process.execPath} ${empty}`),
    cli('npx cdk8s synth, app that only copies the files', `${process.execPath} ${copy}`),
    { ...cli('npx cdk8s synth, aviary, nothing in the cache', 'node bin/app.js'), prepare: () => forget(outdir) },
    cli('npx cdk8s synth, aviary, tree deleted by the CLI as always', 'node bin/app.js'),
  ];
  for (const { command } of all) measure(command, scratch);
  const results = interleaved(all, isQuick ? 3 : 4);
  return [...results].map(([contender, result]) => ({ group: 'cli', size: 12, contender, result }));
}

async function main(): Promise<void> {
  const rows: Row[] = [];
  log('the cdk8s CLI');
  rows.push(...cliRows());
  save(rows);
  const tooSlow = new Set<string>();
  for (const size of isQuick ? [12, 100, 1000] : [12, 100, 1000, 2000, 10000]) {
    log(`${size} services`);
    const all = contenders(size).filter(({ name }) => !tooSlow.has(name));
    if (size <= 100) assertSame(all);
    const results = interleaved(all, size <= 100 ? 5 : 3);
    for (const [contender, result] of results) {
      rows.push({ group: 'peers', size, contender, result });
      if (result.isTimedOut || result.median * 5 > PATIENCE_SECONDS) tooSlow.add(contender);
    }
    save(rows);
  }
  for (const { name, services, contender, repetitions } of aviaryRows()) {
    log(`${services} services: ${name}`);
    const result = interleaved([contender], repetitions).get(contender.name)!;
    rows.push({ group: 'aviary', size: services, contender: name, result });
    save(rows);
  }
  const size = isQuick ? 1000 : 10000;
  log(`${size} services: with and without preflight`);
  rows.push(...(await onTopRows(size)));
  save(rows);
  log('wrote bench/RESULTS.md');
}

/** After each group: a run that is stopped leaves what it measured. */
function save(rows: readonly Row[]): void {
  const file = path.join(root, 'bench/RESULTS.md');
  // What `npm run bench:preflight` wrote stays.
  const planted = existsSync(file) ? sectionOf(readFileSync(file, 'utf8')) : undefined;
  const page = renderReport(rows, versions(tools));
  writeFileSync(file, planted === undefined ? page : withSection(page, planted));
}

function versions({ helm, kubectl, jsonnet }: Tools): Record<string, string> {
  const missing = 'not installed: skipped';
  const cpu = os.cpus();
  return {
    machine: `${cpu[0]?.model.trim()}, ${cpu.length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.release()}`,
    node: process.version,
    cdk8s: require('cdk8s/package.json').version,
    helm: helm === undefined ? missing : versionOf(helm, 'version', '--short'),
    kubectl: kubectl === undefined ? missing : versionOf(kubectl, 'version', '--client'),
    jsonnet: jsonnet === undefined ? missing : versionOf(jsonnet, '--version'),
    'load average': os
      .loadavg()
      .map((load) => load.toFixed(1))
      .join(' '),
  };
}

main();
