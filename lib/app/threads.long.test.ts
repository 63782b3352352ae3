import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { ApiObject, Chart } from 'cdk8s';
import { buildSync } from 'esbuild';
import { readTree, removeTemporaryFolders, temporaryFolder } from '../synth/synth.fixture';
import { smallCatalog, synthApp } from './app.fixture';
import { AviaryApp } from './aviary-app';

const root = path.join(__dirname, '../..');
/** Beside the libraries, which a worker loads for itself. */
const script = path.join(root, `node_modules/.cache/aviary-test-worker-${process.pid}.js`);

beforeAll(() => {
  const { outputFiles } = buildSync({
    stdin: { contents: "require('./lib/synth/build-worker').runBuildWorker();", resolveDir: root },
    bundle: true,
    platform: 'node',
    packages: 'external',
    write: false,
    outdir: root,
    logLevel: 'error',
  });
  mkdirSync(path.dirname(script), { recursive: true });
  writeFileSync(script, outputFiles[0]!.text);
});
afterAll(() => rmSync(script, { force: true }));
afterEach(removeTemporaryFolders);

/** A catalog of many services; charts, units and callbacks of one's own beside them. */
function app(services: number, units: number): AviaryApp {
  const catalog = smallCatalog();
  for (let index = 0; index < services; index++)
    catalog.services.push({ ...catalog.services[0]!, name: `service-${index}` });
  const made = new AviaryApp({ catalog });
  const layer = made.cluster('production').addLayer('many', { after: 'mesh-config' });
  for (let index = 0; index < units; index++)
    made.addUnit(layer, `unit-${index}`, { input: index }, (chart, size) => {
      new ApiObject(chart, 'one', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `one-${size}` } });
    });
  for (let index = 0; index < 20; index++) {
    const chart = new Chart(made.cluster('staging').apps, `chart-${index}`, { namespace: 'shop' });
    new ApiObject(chart, 'config', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `chart-${index}` } });
  }
  made.service('cart').configure(({ deployment }) => deployment.metadata.addAnnotation('example.com/own', 'yes'));
  return made;
}

test.each([
  ['400 units of one’s own beside a large catalog', 220, 400],
  ['a large catalog with one callback', 260, 0],
])(
  '%s: two threads give the tree and the findings of one',
  async (_, services, units) => {
    const runs = [];
    for (const threads of [1, 2]) {
      const folder = temporaryFolder();
      const { findings, summary, work } = await synthApp(folder, app(services, units), {
        threads,
        workerScript: script,
      });
      expect(summary).toBeDefined();
      expect(work.unitsBuilt).toBeGreaterThan(2 * services + units);
      runs.push({ findings, tree: readTree(path.join(folder, 'dist')), work });
      // What was built in another thread is known to the next run.
      const again = await synthApp(folder, app(services, units), { threads, workerScript: script });
      expect(again.work.unitsBuilt).toBe(0);
    }
    expect(runs[0]).toEqual(runs[1]);
  },
  300_000,
);
