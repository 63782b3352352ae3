import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tools } from '../../e2e/lib/tools';
import { loadCatalog } from '../catalog';
import { githubWorkflow, type PipelineOptions } from '.';

const root = join(__dirname, '..', '..');
const hasGo = spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0;
const whereGo = hasGo ? test : test.skip;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aviary-actionlint-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function workflow(clusters: readonly object[], build: object | undefined, options: Partial<PipelineOptions>): string {
  const text = JSON.stringify({
    platform: { namespace: 'shop', registry: 'r.example.com/shop', gitops: { url: 'https://git.example.com/g.git' } },
    clusters: clusters.map((one) => ({ domain: 'example.com', flux: { mode: 'gotk' }, ...one })),
    services: [
      { name: 'cart', image: { tag: 'v1' }, ports: [{ port: 80, protocol: 'http' }], ...(build && { build }) },
    ],
  });
  const { catalog, findings } = loadCatalog(text, 'services.json');
  expect(findings).toEqual([]);
  return githubWorkflow(catalog!, { writtenBy: 'aviary ci github', ...options });
}

const two = [{ name: 'staging' }, { name: 'production' }];
const build = { context: 'src/cart', args: { VERSION: '1' }, platforms: ['linux/amd64', 'linux/arm64'] };

async function complaints(text: string): Promise<string> {
  const tools = new Tools({ root, env: process.env, log: () => undefined });
  const file = join(folder, 'workflow.yml');
  writeFileSync(file, text);
  const { stdout, stderr } = spawnSync(await tools.path('actionlint'), ['-no-color', file], { encoding: 'utf8' });
  return `${stdout}${stderr}`;
}

whereGo.each<[string, string]>([
  ['images and a promotion', workflow(two, build, {})],
  ['no images', workflow(two, undefined, {})],
  [
    'promotions of every kind',
    workflow(
      [
        { name: 'staging' },
        { name: 'qa', promotion: { gate: 'none' } },
        { name: 'production', promotion: { gate: 'click' } },
      ],
      build,
      {},
    ),
  ],
  ['one cluster', workflow(two.slice(0, 1), build, {})],
  [
    'all options',
    workflow(two, build, {
      test: ['npm test', 'echo "$HOME"'],
      dist: 'dist',
      catalog: 'catalog/services.json',
      setup: [],
      command: 'aviary',
    }),
  ],
])('actionlint has nothing to say of a workflow with %s (needs go)', async (_, text) => {
  expect(await complaints(text)).toBe('');
});

whereGo('it does say what is wrong (needs go)', async () => {
  const text = workflow(two, build, {}).replace(
    'runs-on: ubuntu-latest',
    'runs-on: ubuntu-latest\n    needs: [nowhere]',
  );
  expect(await complaints(text)).toContain('nowhere');
});
