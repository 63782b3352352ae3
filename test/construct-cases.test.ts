import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const folder = join(__dirname, '../../shared/cases/constructs');
const root = join(__dirname, '..');

/** What a case prints, and the error with which it ends. */
function run(name: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(folder, `${name}.ts`)],
    bundle: true,
    platform: 'node',
    target: 'node20',
    write: false,
    alias: { 'cdk8s-aviary': join(root, 'lib') },
    external: ['cdk8s', 'constructs', 'cdk8s-plus-25', 'cdk8s-plus-25/*'],
    nodePaths: [join(root, 'node_modules')],
    logLevel: 'error',
  });
  const lines: string[] = [];
  const log = (...values: unknown[]) =>
    lines.push(values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' '));
  const module_ = { exports: {} };
  try {
    new Function('module', 'exports', 'require', 'console', '__dirname', outputFiles[0]!.text)(
      module_,
      module_.exports,
      createRequire(join(root, 'package.json')),
      { ...console, log },
      folder,
    );
  } catch (error) {
    lines.push(`THROWS ${(error as Error).name}: ${(error as Error).message}`);
  }
  return lines.join('\n');
}

(existsSync(folder) ? describe : describe.skip)('cases of the constructs alone', () => {
  test.each<[string, string]>([
    ['01-load-test-without-namespace', 'http://cart-canary.shop:80/'],
    [
      '02-release-is-not-followed',
      '{"apiVersion":"apps/v1","kind":"Deployment","name":"cart"} 80 {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","name":"cart"} null',
    ],
    [
      '02-release-is-not-followed',
      'THROWS Error: CanaryRollout "cart": namespace is "b", and that of the release "cart" is "a": leave it out, or change the release; port.port is 9999, and that of the release "cart" is 80: leave it out, or change the release',
    ],
    [
      '03-explicit-metrics-dropped',
      'THROWS Error: CanaryRollout "cart": metrics.successRateMinPercent 99.9 cannot be checked: mesh "kubernetes" has no proxies that count requests; use checks of your own; metrics.durationMaxMilliseconds 200 cannot be checked:',
    ],
    [
      '04-load-test-duration-and-url',
      'THROWS Error: CanaryRollout "cart": loadTest.duration "1m; rm -rf /" must be a duration of 1s or more',
    ],
    ['07-stale-release-digest', 'false'],
  ])('%s: %s', (name, expected) => {
    const printed = run(name).replaceAll(',', ',');
    const dense = (text: string) => text.replace(/[\s[\],]/g, '');
    expect(dense(printed)).toContain(dense(expected));
  });

  test('06: none of the wrong values is accepted', () => {
    const lines = run('06-wrong-values-accepted').split('\n');
    expect(lines).toHaveLength(21);
    expect(lines.filter((line) => !line.startsWith('refused: '))).toEqual([]);
  });

  test('misuse: an error of the package each, and no TypeError', () => {
    const blocks = run('misuse-all')
      .split('\n## ')
      .map((block) => block.replace(/^## /, ''));
    expect(blocks.length).toBeGreaterThan(60);
    // Their wrong mesh is "linkerd", which is a mode by now.
    const judged = blocks.filter((block) => !/^(CR|FB) mesh unknown:/.test(block));
    expect(judged.filter((block) => /TypeError|reading '|circular|undefined is not/.test(block))).toEqual([]);
    // What is right as it is: no waves, no mesh, no TLS, a tree inside a chart.
    const right = ['FB waves none', 'FB kubernetes', 'FB hosts with tls missing on gw api', 'FB inside a Chart'];
    expect(judged.filter((block) => block.includes('no error')).map((block) => block.split(':\n')[0])).toEqual(right);
  });
});
