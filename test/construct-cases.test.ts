import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';

const folder = join(__dirname, '../../shared/cases/constructs');

/** The case with each of its statements that prints, and each round of a loop, by itself: an error is printed, and the next one is tried. */
function everyStatement(source: string): string {
  return source
    .replace(/^console\.log\(.*\);(?= *(\/\/.*)?$)/gm, (statement) => `attempt(() => { ${statement} });`)
    .replace(/^(for \(.*\) \{)\n((?: .*\n)*)\}$/gm, '$1 attempt(() => {\n$2}); }');
}

/** What a case prints, and the errors of its statements. */
function run(name: string): string[] {
  const source = everyStatement(readFileSync(join(folder, `${name}.ts`), 'utf8'));
  const { code } = transformSync(source, { loader: 'ts', format: 'cjs', target: 'node20' });
  const lines: string[] = [];
  const log = (...values: unknown[]) =>
    lines.push(values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' '));
  const attempt = (statement: () => void) => {
    try {
      statement();
    } catch (error) {
      lines.push(`${(error as Error).name}: ${(error as Error).message}`);
    }
  };
  const load = (module: string) => require(module === 'cdk8s-aviary' ? '../lib' : module);
  attempt(() => {
    new Function('exports', 'require', 'console', 'attempt', '__dirname', code)(
      {},
      load,
      { ...console, log },
      attempt,
      folder,
    );
  });
  return lines;
}

const DRIFT = '{"mode":"enabled"}';
const WEBHOOK =
  '{"ignore":[{"paths":["/webhooks/0/failurePolicy"],"target":{"kind":"ValidatingWebhookConfiguration"}}],"mode":"enabled"}';

(existsSync(folder) ? describe : describe.skip)('cases of the constructs alone (shared/cases/constructs)', () => {
  test.each<[string, readonly (string | RegExp)[]]>([
    ['01-load-test-without-namespace', [/http:\/\/cart-canary\.shop:80\//]],
    [
      '02-release-is-not-followed',
      [
        /"name":"cart","namespace":"a"\},\{"apiVersion":"apps\/v1","kind":"Deployment","name":"cart"\},80,\{"apiVersion":"autoscaling\/v2","kind":"HorizontalPodAutoscaler","name":"cart"\},null\]$/,
        'Error: CanaryRollout "cart": namespace is "b", and that of the release "cart" is "a": leave it out, or change the release; port.port is 9999, and that of the release "cart" is 80: leave it out, or change the release',
        'Error: CanaryRollout "cart": the release "cart" is not canaried: write canaried: true, or Flux and Flagger fight over its pods and its Service',
      ],
    ],
    [
      '03-explicit-metrics-dropped',
      [
        'Error: CanaryRollout "cart": metrics.successRateMinPercent 99.9 cannot be checked: mesh "kubernetes" has no proxies that count requests; use checks of your own; metrics.durationMaxMilliseconds 200 cannot be checked: mesh "kubernetes" has no proxies that count requests; use checks of your own',
        'Error: CanaryRollout "cart": metrics.successRateMinPercent 99.9 cannot be checked: the protocol is tcp, which has no requests to count; use checks of your own; metrics.durationMaxMilliseconds 200 cannot be checked: the protocol is tcp, which has no requests to count; use checks of your own',
      ],
    ],
    [
      '04-load-test-duration-and-url',
      [
        'Error: CanaryRollout "cart": loadTest.duration "1m; rm -rf /" must be a duration of 1s or more, such as "1m30s"',
        'Error: CanaryRollout "cart": loadTest.requestsPerSecond -3 must be a whole number from 1 on; loadTest.concurrency 0 must be a whole number from 1 on',
        'Error: CanaryRollout "cart": loadTest.path "no-slash" must begin with "/"',
      ],
    ],
    [
      '05-bootstrap-under-stock-app',
      [
        'Error: App.synth of cdk8s cannot write "clusters/production/crds/crds.yaml" where it belongs: it knows no folders. Use AviaryApp in place of App, or await writeTree(app, \'dist\'), both of cdk8s-aviary',
      ],
    ],
    ['07-stale-release-digest', ['false']],
    [
      '08-alert-leaves-out-helm',
      [
        JSON.stringify([
          { kind: 'Kustomization', name: '*' },
          { kind: 'GitRepository', name: '*' },
          ...['monitoring', 'istio-system', 'istio-ingress', 'flagger-system', 'shop'].flatMap((namespace) => [
            { kind: 'HelmRelease', name: '*', namespace },
            { kind: 'OCIRepository', name: '*', namespace },
          ]),
        ]),
        JSON.stringify([
          `monitoring/prometheus-operator-crds ${DRIFT}`,
          'monitoring/kube-prometheus-stack {"ignore":[{"paths":["/metadata/annotations/prometheus-operator-validated"],"target":{"kind":"PrometheusRule"}}],"mode":"enabled"}',
          `istio-system/istio-base ${WEBHOOK}`,
          `istio-system/istio-cni ${DRIFT}`,
          `istio-system/istiod ${WEBHOOK}`,
          `istio-ingress/istio-gateway ${DRIFT}`,
          `flagger-system/flagger ${DRIFT}`,
        ]),
      ],
    ],
  ])('%s', (name, expected) => {
    const lines = run(name);
    expect(lines).toEqual(expected.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))));
  });

  test('06: none of the wrong values is accepted', () => {
    const lines = run('06-wrong-values-accepted');
    expect(lines).toHaveLength(21);
    expect(lines.filter((line) => !line.startsWith('refused: '))).toEqual([]);
  });

  test('misuse: an error of the package each, and no TypeError', () => {
    const blocks = run('misuse-all')
      .join('\n')
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
