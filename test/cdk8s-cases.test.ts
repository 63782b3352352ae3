import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { loadAll } from 'js-yaml';
import { parseDocument } from 'yaml';
import * as library from '../lib';
import { runMain } from '../lib/app';
import { runProgram } from '../lib/cli';
import { memoryIo } from '../lib/cli/memory-io';
import { fieldsAt, type KubeObject, listAt } from '../lib/kube';
import { YamlEmitter } from '../lib/synth';
import { readTree, removeTemporaryFolders, temporaryFolder } from '../lib/synth/synth.fixture';
import { synthCatalog } from '../lib/synth/synth-catalog';
import { BOUTIQUE } from './catalog';

/**
 * What a cdk8s user does with the project (`shared/cases`, beside the checkout; skipped without it). main-a to main-c, bad-services.json with
 * `-o dist` and validation-plugin are rows of docs/cdk8s.md: test/cdk8s.long.test.ts.
 */
const folder = join(__dirname, '../../shared/cases/cdk8s');
const root = join(__dirname, '..');
afterEach(removeTemporaryFolders);

const readers: Readonly<Record<string, (text: string) => unknown>> = {
  'YAML 1.1': (text) => parseDocument(text, { version: '1.1', merge: true }).toJS(),
  'YAML 1.2': (text) => parseDocument(text, { version: '1.2' }).toJS(),
  'js-yaml': (text) => loadAll(text)[0],
};

(existsSync(folder) ? describe : describe.skip)('cases of a cdk8s user (shared/cases/cdk8s)', () => {
  test('scalars.json: each text comes back as it was; what kustomize loses is refused at its place', () => {
    const scalars = JSON.parse(readFileSync(join(folder, 'scalars.json'), 'utf8')) as Record<string, string>;
    const object = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'scalars' }, data });
    const lost = Object.entries(scalars).filter(([, text]) => {
      try {
        const written = new YamlEmitter().file([object({ text })]);
        for (const [name, read] of Object.entries(readers))
          expect([name, read(written)]).toEqual([name, object({ text })]);
        return false;
      } catch (error) {
        if ((error as Error).constructor.name !== 'UnrepresentableValue') throw error;
        expect((error as { pointer?: string }).pointer).toBe('/data/text');
        return true;
      }
    });
    expect(lost.map(([name]) => name)).toEqual(['nel']);
  });

  test('scalar-services.json: what Flux reads is the text that was meant', async () => {
    const catalog = join(folder, 'scalar-services.json');
    const outdir = join(temporaryFolder(), 'dist');
    const { summary } = await synthCatalog({ catalog, outdir });
    expect(summary).toBeDefined();
    const services = (JSON.parse(readFileSync(catalog, 'utf8')) as { services: { name: string; env?: object }[] })
      .services;
    const wanted = services.filter(({ env }) => env && JSON.stringify(env).includes('0o14'));
    expect(wanted).toHaveLength(1);
    const [{ name, env }] = wanted as [{ name: string; env: Record<string, unknown> }];
    const files = Object.entries(readTree(outdir)!).filter(([file]) => file.endsWith(`/${name}.yaml`));
    expect(files.length).toBeGreaterThan(0);
    for (const [, text] of files) {
      const deployment = (loadAll(text) as KubeObject[]).find(({ kind }) => kind === 'Deployment');
      const container = listAt(deployment, 'spec', 'template', 'spec', 'containers')[0];
      const got = Object.fromEntries(listAt(container, 'env').map((one) => [fieldsAt(one).name, fieldsAt(one).value]));
      const texts = Object.entries(env).filter(([, value]) => typeof value === 'string');
      expect(got).toMatchObject(Object.fromEntries(texts));
    }
  });

  test('second-app: what a stock app beside writes belongs to no cluster, and that is said', async () => {
    const copy = temporaryFolder();
    cpSync(join(folder, 'second-app'), copy, { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
    const before = process.cwd();
    try {
      process.chdir(copy);
      const script = readFileSync('app.js', 'utf8');
      new Function('require', script)(createRequire(join(copy, 'app.js')));
    } finally {
      process.chdir(before);
    }
    for (const tree of ['dist', 'dist/clusters/production']) {
      const io = memoryIo({ cwd: root });
      expect(await runProgram(['preflight', '--manifests', tree, join(copy, 'dist'), '--severity', 'error'], io)).toBe(
        0,
      );
      expect(io.out).toMatch(/1 file not applied: --verbose lists them\n$/);
    }
  });

  test('api: the sketch of main.ts runs, with the names that the package has', async () => {
    const copy = temporaryFolder();
    mkdirSync(join(copy, 'vendor'));
    writeFileSync(
      join(copy, 'vendor/cnpg.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: operator, namespace: db }\n',
    );
    const sketch = readFileSync(join(folder, 'api/main.ts'), 'utf8')
      .replace('vendor/cnpg.yaml', join(copy, 'vendor/cnpg.yaml'))
      // A chart of the network.
      .replace(/^new Helm\(.*\n/m, '')
      // Which port is http has to be said, and a target is one of several kinds.
      .replace('{ target: web, port: 8080 }', '{ target: library.Target.deployment(web), port: { port: 8080 } }')
      // Theirs checks nothing.
      .replace('function* (objects: Iterable<unknown>) { void objects; } as never', '() => []');
    const { code } = transformSync(sketch, {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
    });
    const load = (name: string) =>
      name === './aviary-app' ? library : require(name === 'cdk8s-plus-33' ? 'cdk8s-plus-25' : name);
    const { app, findings } = await runMain(
      () => new Function('require', 'exports', 'library', code)(load, {}, library),
      { isInspection: true, catalog: BOUTIQUE },
    );
    expect(findings).toEqual([]);
    const files = (app as library.AviaryApp).render();
    const gifts = [...files.keys()].filter((file) => file.endsWith('/gifts.yaml'));
    // After the cart, in every cluster.
    expect(gifts.sort()).toEqual(['production', 'staging'].map((name) => `clusters/${name}/apps/wave-2/gifts.yaml`));
    expect(files.get('clusters/production/databases/postgres.yaml')).toMatchObject([
      { metadata: { name: 'operator' } },
    ]);
    const frontend = files.get('clusters/production/apps/wave-3/frontend.yaml')!;
    expect(frontend.find(({ kind }) => kind === 'Deployment')).toMatchObject({
      metadata: { labels: { team: 'shop' } },
      spec: { template: { spec: { hostNetwork: true } } },
    });
  });
});
