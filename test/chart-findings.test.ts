import { readFileSync } from 'node:fs';
import { ApiObject, App, Chart } from 'cdk8s';
import type { AviaryApp } from '../lib/app';
import { smallApp, synthApp } from '../lib/app/app.fixture';
import { removeTemporaryFolders, temporaryFolder } from '../lib/synth/synth.fixture';

// Here, as what stands below lib/ is our own code, at which nothing is shown.

afterEach(removeTemporaryFolders);

describe('what preflight finds about an object of a chart', () => {
  const weights = { interval: '1m', threshold: 2, stepWeight: 10, maxWeight: 150 };
  const canary = (chart: Chart) =>
    new ApiObject(chart, 'canary', {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: { name: 'cart' },
      spec: {
        targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' },
        service: { port: 8080 },
        analysis: weights,
      },
    });
  const found = async (add: (app: AviaryApp) => void) => {
    const folder = temporaryFolder();
    const app = smallApp();
    add(app);
    const first = await synthApp(folder, app);
    return first.findings.filter(({ code }) => code === 'maxweight-gt-100').map(({ place }) => place);
  };

  test('is shown at the line that makes it, for all clusters at once', async () => {
    const places = await found((app) => {
      for (const { apps } of app.clusters) canary(new Chart(apps, 'gifts', { namespace: 'shop' }));
    });
    expect(places).toEqual([
      {
        file: 'test/chart-findings.test.ts',
        line: expect.any(Number),
        column: expect.any(Number),
        pointer: '/spec/analysis/maxWeight',
        object: 'Canary shop/cart',
      },
    ]);
    const source = readFileSync(__filename, 'utf8').split('\n')[places[0]!.line! - 1];
    expect(source).toContain("new ApiObject(chart, 'canary'");
  });

  test('at the call of addUnit, for what is built later', async () => {
    const [place] = await found((app) =>
      app.addUnit(app.cluster('production').apps, 'later', { input: 1, rolloutSeconds: 9000 }, (chart) => {
        new ApiObject(chart, 'canary', canaryManifest());
      }),
    );
    expect(readFileSync(__filename, 'utf8').split('\n')[place!.line! - 1]).toContain('app.addUnit(');
  });

  const canaryManifest = () => {
    const app = new App();
    const chart = new Chart(app, 'x', { namespace: 'shop' });
    return canary(chart).toJson() as ConstructorParameters<typeof ApiObject>[2];
  };
});
