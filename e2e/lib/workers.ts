import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from './cluster';
import type { KubeClient } from './kube-client';
import { freePort } from './ports';
import { run, type Tools } from './tools';
import { waitFor } from './wait';

/** The scheduler, imitated: binds every pod that has no node to the one node there is. */
export class Binder {
  private timer: NodeJS.Timeout | undefined;
  private busy = false;

  constructor(
    private readonly client: KubeClient,
    private readonly node = 'node-1',
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      if (this.busy) return;
      this.busy = true;
      // A pod that went away in between is no matter; one that could not be bound is met again by the next round.
      this.bind()
        .catch(() => undefined)
        .finally(() => {
          this.busy = false;
        });
    }, 300);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async bind(): Promise<void> {
    const answer = await this.client.call('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3D');
    const { items } = answer.body as { items: { metadata: { name: string; namespace: string } }[] };
    for (const { metadata } of items) {
      const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/binding`;
      const target = { apiVersion: 'v1', kind: 'Node', name: this.node };
      await this.client.request(
        'POST',
        path,
        JSON.stringify({ apiVersion: 'v1', kind: 'Binding', metadata: { name: metadata.name }, target }),
      );
    }
  }
}

export interface PrometheusOptions {
  readonly name: string;
  readonly targets: readonly string[];
  readonly scrapeIntervalSeconds: number;
}

/** @throws when it is not installed, with what to do */
export function findPrometheus(): Promise<string> {
  return run('sh', ['-c', 'command -v prometheus']).catch(() => {
    throw new Error('prometheus is not installed (Debian: apt-get install prometheus)');
  });
}

/** A Prometheus. Returns its address. */
export async function startPrometheus(
  cluster: Cluster,
  { name, targets, scrapeIntervalSeconds }: PrometheusOptions,
): Promise<string> {
  const command = await findPrometheus();
  const port = await freePort();
  const config = join(cluster.folder, `${name}.yml`);
  const job = { job_name: 'mesh', honor_labels: true, static_configs: [{ targets }] };
  writeFileSync(
    config,
    JSON.stringify({ global: { scrape_interval: `${scrapeIntervalSeconds}s` }, scrape_configs: [job] }),
  );
  const running = cluster.processes.start(name, {
    command: command.trim(),
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(cluster.folder, name)}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
  });
  const address = `http://127.0.0.1:${port}`;
  await waitFor(name, async () => ((await fetch(`${address}/-/ready`)).ok ? true : undefined), {
    timeoutSeconds: 60,
    failed: () => running.failure(),
  });
  return address;
}

/** Flagger as its chart starts it; `proxy` answers for the Services of the cluster. */
export async function startFlagger(
  cluster: Cluster,
  tools: Tools,
  { metricsServer, proxy, meshProvider = 'istio' }: { metricsServer: string; proxy: string; meshProvider?: string },
): Promise<void> {
  const port = await freePort();
  const running = cluster.processes.start('flagger', {
    command: await tools.path('flagger'),
    args: [
      ...['-kubeconfig', cluster.kubeconfig, '-mesh-provider', meshProvider, '-metrics-server', metricsServer],
      ...['-port', String(port), '-log-level', 'info', '-selector-labels', 'app,name,app.kubernetes.io/name'],
    ],
    env: { ...process.env, HTTP_PROXY: `http://${proxy}`, NO_PROXY: '127.0.0.1,localhost' },
  });
  await waitFor('flagger', async () => ((await fetch(`http://127.0.0.1:${port}/healthz`)).ok ? true : undefined), {
    timeoutSeconds: 60,
    failed: () => running.failure(),
  });
}

/** Flagger's load tester; only its gates are asked. Returns its address. */
export async function startLoadTester(cluster: Cluster, tools: Tools): Promise<string> {
  const port = await freePort();
  const running = cluster.processes.start('loadtester', {
    command: await tools.path('loadtester'),
    args: ['-port', String(port)],
  });
  const address = `http://127.0.0.1:${port}`;
  await waitFor('loadtester', async () => ((await fetch(`${address}/healthz`)).ok ? true : undefined), {
    timeoutSeconds: 60,
    failed: () => running.failure(),
  });
  return address;
}

type FluxController = 'source-controller' | 'kustomize-controller' | 'helm-controller';

/** Flux's controllers as their install manifests start them, but for the addresses. */
export async function startFlux(cluster: Cluster, tools: Tools, { withHelm }: { withHelm: boolean }): Promise<void> {
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig, RUNTIME_NAMESPACE: 'flux-system' };
  const storage = `127.0.0.1:${await freePort()}`;
  const start = async (name: FluxController, args: readonly string[]): Promise<void> => {
    const health = `127.0.0.1:${await freePort()}`;
    const running = cluster.processes.start(name, {
      command: await tools.path(name),
      args: [
        ...['--metrics-addr', `127.0.0.1:${await freePort()}`, '--health-addr', health],
        ...['--events-addr', '', '--log-level', 'info', ...args],
      ],
      env,
    });
    await waitFor(name, async () => ((await fetch(`http://${health}/readyz`)).ok ? true : undefined), {
      timeoutSeconds: 60,
      failed: () => running.failure(),
    });
  };
  const artifacts = join(cluster.folder, 'artifacts');
  mkdirSync(artifacts, { recursive: true });
  await start('source-controller', [
    ...['--storage-path', artifacts, '--storage-addr', storage, '--storage-adv-addr', storage],
  ]);
  await start('kustomize-controller', ['--requeue-dependency', '2s']);
  if (withHelm) await start('helm-controller', ['--requeue-dependency', '2s']);
}

/** The registry that most registries are made of, on 127.0.0.1 without TLS. Returns `127.0.0.1:port`. */
export async function startRegistry(cluster: Cluster, tools: Tools): Promise<string> {
  const port = await freePort();
  const config = join(cluster.folder, 'registry.json');
  const settings = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(cluster.folder, 'registry') } },
    http: { addr: `127.0.0.1:${port}` },
  };
  writeFileSync(config, JSON.stringify(settings));
  const running = cluster.processes.start('registry', {
    command: await tools.path('registry'),
    args: ['serve', config],
  });
  await waitFor('registry', async () => ((await fetch(`http://127.0.0.1:${port}/v2/`)).ok ? true : undefined), {
    timeoutSeconds: 60,
    failed: () => running.failure(),
  });
  return `127.0.0.1:${port}`;
}
