import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCrds } from './crds';
import { KubeClient } from './kube-client';
import { freePort } from './ports';
import { Processes } from './processes';
import type { Tools } from './tools';
import { waitFor } from './wait';

const reader = 'aviary-doctor';

export interface ClusterOptions {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly tools: Tools;
  readonly log: (line: string) => void;
}

/** A control plane of plain processes on 127.0.0.1, in a temporary folder that goes with it. */
export class Cluster {
  private constructor(
    readonly folder: string,
    readonly kubeconfig: string,
    readonly processes: Processes,
    private readonly options: ClusterOptions,
    private readonly port: number,
  ) {
    process.on('exit', this.onExit);
  }

  /** The harness exits before the cluster was stopped, perhaps while it was starting: its programs are killed, nothing is left. */
  private readonly onExit = (): void => rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });

  private loaded: KubeClient | undefined;

  get client(): KubeClient {
    if (!this.loaded) throw new Error('the cluster has not been started');
    return this.loaded;
  }

  /** etcd and the API server, ready, with the kinds of Flux, Flagger, Istio, Gateway API and Prometheus Operator. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'aviary-e2e-'));
    const [etcdPort, peerPort, port] = [await freePort(), await freePort(), await freePort()];
    const processes = new Processes(join(folder, 'logs'));
    const cluster = new Cluster(folder, join(folder, 'kubeconfig'), processes, options, port);
    try {
      await cluster.startApiServer(etcdPort, peerPort);
      await cluster.installKinds();
      return cluster;
    } catch (error) {
      await cluster.stop({ keepLogs: true });
      throw error;
    }
  }

  /** Of a user who may do everything, and of whom the audit log tells what he did. */
  get readerKubeconfig(): string {
    return join(this.folder, 'reader-kubeconfig');
  }

  /** One JSON object a line, for each request of the reader. */
  get auditLog(): string {
    return join(this.folder, 'audit.log');
  }

  get logFolder(): string {
    return join(this.folder, 'logs');
  }

  private async startApiServer(etcdPort: number, peerPort: number): Promise<void> {
    const { tools } = this.options;
    const etcdUrl = `http://127.0.0.1:${etcdPort}`;
    const peerUrl = `http://127.0.0.1:${peerPort}`;
    this.processes.start('etcd', {
      command: await tools.path('etcd'),
      args: [
        ...['--data-dir', join(this.folder, 'etcd'), '--unsafe-no-fsync', '--log-level', 'warn'],
        ...['--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl],
        ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
        ...['--initial-cluster', `default=${peerUrl}`],
      ],
    });
    const token = randomBytes(24).toString('hex');
    const file = (name: string, content: string): string => {
      writeFileSync(join(this.folder, name), content, { mode: 0o600 });
      return join(this.folder, name);
    };
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const readerToken = randomBytes(24).toString('hex');
    const tokens = file(
      'tokens.csv',
      `${token},aviary-e2e,aviary-e2e,"system:masters"\n${readerToken},${reader},${reader},"system:masters"\n`,
    );
    // What the reader asks is written down by the server itself, and nothing else.
    const rules = [{ level: 'Metadata', users: [reader], omitStages: ['RequestReceived'] }, { level: 'None' }];
    const policy = file('audit-policy.json', JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }));
    const signingKey = file('service-account.key', privateKey);
    const verifyingKey = file('service-account.pub', publicKey);
    const certificates = join(this.folder, 'certificates');
    mkdirSync(certificates);
    const apiServer = this.processes.start('kube-apiserver', {
      command: await tools.path('kube-apiserver'),
      args: [
        ...['--etcd-servers', etcdUrl, '--bind-address', '127.0.0.1', '--advertise-address', '127.0.0.1'],
        // It signs its own certificate there.
        ...['--secure-port', String(this.port), '--cert-dir', certificates],
        ...['--service-cluster-ip-range', '10.96.0.0/16', '--endpoint-reconciler-type', 'none'],
        // As kubeadm has it: policies decide, not the server.
        '--allow-privileged=true',
        ...['--audit-policy-file', policy, '--audit-log-path', this.auditLog, '--audit-log-mode', 'blocking'],
        ...['--token-auth-file', tokens, '--authorization-mode', 'RBAC'],
        ...['--service-account-issuer', 'https://kubernetes.default.svc', '--service-account-key-file', verifyingKey],
        ...['--service-account-signing-key-file', signingKey, '--shutdown-delay-duration', '0s'],
      ],
    });
    const authority = join(certificates, 'apiserver.crt');
    await waitFor('certificate of the API server', () => readFileSync(authority) && true, {
      timeoutSeconds: 60,
      failed: () => this.processes.failure(),
    });
    this.writeKubeconfig(this.kubeconfig, token, authority);
    this.writeKubeconfig(this.readerKubeconfig, readerToken, authority);
    this.loaded = await KubeClient.load(this.kubeconfig);
    await waitFor(
      'API server',
      async () => ((await this.client.request('GET', '/readyz')).status === 200 ? true : undefined),
      {
        timeoutSeconds: 120,
        failed: () => apiServer.failure(),
      },
    );
    await waitFor('namespace default', async () => this.client.get('v1', 'Namespace', '', 'default'), {
      timeoutSeconds: 30,
      failed: () => apiServer.failure(),
    });
  }

  private writeKubeconfig(path: string, token: string, authority: string): void {
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'e2e',
      contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'e2e' } }],
      clusters: [
        { name: 'e2e', cluster: { server: `https://127.0.0.1:${this.port}`, 'certificate-authority': authority } },
      ],
      users: [{ name: 'e2e', user: { token } }],
    };
    writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  }

  private async installKinds(): Promise<void> {
    await installCrds(this.client, this.options.root, this.options.env);
  }

  /** Deployments get ReplicaSets and pods; endpoints, autoscalers and garbage are seen to. No node lifecycle: nodes are not real. */
  async startControllerManager(): Promise<void> {
    const port = await freePort();
    this.processes.start('kube-controller-manager', {
      command: await this.options.tools.path('kube-controller-manager'),
      args: [
        ...['--kubeconfig', this.kubeconfig, '--leader-elect=false', '--bind-address', '127.0.0.1'],
        ...['--secure-port', String(port), '--cert-dir', join(this.folder, 'controller-manager')],
        ...['--controllers', '*,-nodelifecycle'],
        ...['--service-account-private-key-file', join(this.folder, 'service-account.key')],
        ...['--root-ca-file', join(this.folder, 'certificates', 'apiserver.crt')],
        ...['--kube-api-qps', '200', '--kube-api-burst', '400', '--concurrent-deployment-syncs', '10'],
      ],
    });
  }

  /** One Node of kwok's: its pods become Running and Ready without containers. Pods are bound by ourselves (see Binder). */
  async startKwok(): Promise<void> {
    const port = await freePort();
    this.processes.start('kwok', {
      command: await this.options.tools.path('kwok'),
      args: [
        ...['--kubeconfig', this.kubeconfig, '--manage-all-nodes=true', '--node-lease-duration-seconds', '0'],
        ...['--server-address', `127.0.0.1:${port}`, '--cidr', '10.128.0.0/12', '--node-ip', '127.0.0.1'],
      ],
    });
    await this.client.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } });
    await waitFor(
      'node-1 to be Ready',
      async () => {
        const node = await this.client.get('v1', 'Node', '', 'node-1');
        const ready = node?.status?.conditions?.find(({ type }: { type: string }) => type === 'Ready');
        return ready?.status === 'True' ? true : undefined;
      },
      { timeoutSeconds: 60, failed: () => this.processes.failure() },
    );
    await this.client.merge('v1', 'Node', '', 'node-1', { spec: { taints: null } });
  }

  async stop({ keepLogs }: { keepLogs: boolean }): Promise<void> {
    await this.processes.stop();
    process.off('exit', this.onExit);
    if (!keepLogs) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Applies the definitions and waits until each is served. */
export async function installCrds(client: KubeClient, root: string, env: NodeJS.ProcessEnv): Promise<void> {
  const crds = await loadCrds(root, env);
  await Promise.all(crds.map(({ object, text }) => client.apply(object, { text })));
  await waitFor(
    'custom resource definitions',
    async () => {
      const listed = await client.list('apiextensions.k8s.io/v1', 'CustomResourceDefinition');
      const established = new Set(
        listed
          .filter(({ status }) =>
            status?.conditions?.some(
              (c: { type: string; status: string }) => c.type === 'Established' && c.status === 'True',
            ),
          )
          .map(({ metadata }) => metadata.name),
      );
      return crds.every(({ object }) => established.has(object.metadata.name)) ? true : undefined;
    },
    { timeoutSeconds: 180 },
  );
  client.forgetKinds();
}
