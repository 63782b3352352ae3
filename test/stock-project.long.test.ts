import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A project as `cdk8s init typescript-app` makes it, with the packed package beside cdk8s-plus-33. */
const root = join(__dirname, '..');
const template = join(root, 'node_modules/cdk8s-cli/templates/typescript-app');
const run = (command: string, args: readonly string[], cwd: string) => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false', CI: '' },
  });
  return { status, output: `${stdout}${stderr}` };
};
const isOnline = run('npm', ['view', 'ts-jest@29', 'version', '--silent'], root).status === 0;

const MAIN = `import { Construct } from 'constructs';
import { App, Chart, ChartProps } from 'cdk8s';
import * as kplus from 'cdk8s-plus-33';
import { CanaryRollout, FluxBootstrap, Metric, MicroserviceRelease, PLATFORM_VERSIONS, Provider, Target } from 'cdk8s-aviary';
import { VirtualService } from 'cdk8s-aviary/imports/networking.istio.io';

export class MyChart extends Chart {
  constructor(scope: Construct, id: string, props: ChartProps = { namespace: 'shop' }) {
    super(scope, id, props);
    const release = new MicroserviceRelease(this, 'cart', {
      image: 'registry.example.com/shop/cart:1.4.2', canaried: true, ports: [{ port: 7070, protocol: 'grpc' }],
    });
    release.addCanary({ loadTest: {} }).addWebhook({ name: 'gate', type: 'confirm-rollout', url: 'http://gate.shop/' });
    const front = new kplus.Deployment(this, 'front', {
      metadata: { name: 'front' }, select: false, containers: [{ image: 'nginx:1.27', portNumber: 8080 }],
    });
    new CanaryRollout(this, 'front-canary', {
      target: Target.deployment(front), port: { port: 80, targetPort: 8080 }, provider: Provider.nginx({ ingress: 'front' }),
      metrics: [Metric.successRate(99)], analysis: { stepWeights: [5, 20, 50] },
    });
    new VirtualService(this, 'route', { spec: { hosts: ['x.example.com'] } });
  }
}

const app = new App();
new MyChart(app, 'stock');
export const makePlatform = (): FluxBootstrap => new FluxBootstrap(new App(), 'production', {
  clusterName: 'production', mesh: 'istio-sidecar', namespace: 'shop', versions: PLATFORM_VERSIONS,
  prometheus: { address: 'http://p:9090', scrapeInterval: '15s', install: true, retention: '7d' },
  gateway: { name: 'public', namespace: 'istio-ingress' }, hosts: [], external: [], accessLog: false,
  repository: { url: 'https://gitlab.com/example/gitops.git' }, flux: { mode: 'gotk' }, waves: [],
});
makePlatform();
app.synth();
`;

(isOnline ? test : test.skip)(
  'type-checks, synthesizes and has a jest snapshot',
  () => {
    const scratch = mkdtempSync(join(tmpdir(), 'aviary-stock-'));
    try {
      const packed = run('npm', ['pack', '--silent', '--pack-destination', scratch], root);
      const tarball = readdirSync(scratch).find((name) => name.endsWith('.tgz'));
      if (!tarball) throw new Error(`npm pack: ${packed.output}`);
      for (const name of ['main.test.ts', 'jest.config.js', 'tsconfig.json'])
        cpSync(join(template, name), join(scratch, name));
      // Without the import of Kubernetes' definitions, which needs the network of GitHub.
      writeFileSync(
        join(scratch, 'cdk8s.yaml'),
        readFileSync(join(template, 'cdk8s.yaml'), 'utf8').replace(/imports:[\s\S]*/, ''),
      );
      const project = JSON.parse(
        readFileSync(join(template, 'package.json'), 'utf8')
          .replace('{{ $base }}', 'stock')
          .replace('{{ cdk8s_core_version }}', '2.70.0')
          .replace('{{ cdk8s_plus_version }}', '2.4.0')
          .replace('{{ constructs_version }}', '10.8.0')
          .replace('{{ cdk8s_cli_spec }}', '^2.200.0'),
      ) as { dependencies: Record<string, string> };
      project.dependencies['cdk8s-aviary'] = `file:./${tarball}`;
      writeFileSync(join(scratch, 'package.json'), JSON.stringify(project));
      writeFileSync(join(scratch, 'main.ts'), MAIN);
      const steps: [string, string[]][] = [
        ['npm', ['install', '--no-audit', '--no-fund', '--prefer-offline']],
        ['npx', ['tsc', '--build']],
        ['npx', ['jest', '-u']],
        ['npx', ['cdk8s', 'synth']],
      ];
      for (const [command, args] of steps) {
        const { status, output } = run(command, args, scratch);
        expect([args.join(' '), status, status === 0 ? '' : output]).toEqual([args.join(' '), 0, '']);
      }
      expect(readdirSync(join(scratch, 'dist'))).toEqual(['stock.k8s.yaml']);
      const tree = readFileSync(join(scratch, 'dist/stock.k8s.yaml'), 'utf8');
      expect(tree.match(/^kind: Canary$/gm)).toHaveLength(2);
      expect(readFileSync(join(scratch, '__snapshots__/main.test.ts.snap'), 'utf8')).toContain('"kind": "Canary"');
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  },
  600_000,
);
