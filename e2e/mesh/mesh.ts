import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeClient } from '../lib/kube-client';
import { sleep } from '../lib/wait';
import { type Behaviour, MeshCounters } from './counters';
import { Entrances } from './entrances';
import { LOAD_TESTER, parseLoadTest } from './load-test';
import type { Stream } from './routes';
import { readMeshState } from './state';

export interface MeshOptions {
  readonly client: KubeClient;
  /** What an image's program does; asked once for each pod. */
  readonly behaviourOf: (image: string) => Behaviour;
}

/** A webhook's call, as it came. */
export interface HookCall {
  readonly host: string;
  readonly path: string;
  readonly body: { name?: string; namespace?: string; phase?: string; metadata?: Record<string, string> };
}

interface RunningTest {
  readonly stream: Stream;
  until: number;
}

/** The mesh, the load tester and the cluster's DNS, imitated: counts traffic, serves it to Prometheus, answers for Services. */
export class Mesh {
  /** Streams that flow all the time. */
  readonly streams: Stream[] = [];
  readonly hookCalls: HookCall[] = [];
  /** What reaches canaries by other routes than a mesh of Istio's. */
  readonly entrances: Entrances;
  private readonly counters: MeshCounters;
  private readonly loadTests = new Map<string, RunningTest>();
  private readonly services = new Map<string, string>();
  private server: Server | undefined;
  private running = true;
  private loop: Promise<void> = Promise.resolve();
  private lastError: string | undefined;

  constructor(private readonly options: MeshOptions) {
    this.counters = new MeshCounters(options.behaviourOf);
    this.entrances = new Entrances(options.behaviourOf);
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.answer(request, response).catch((error: Error) => {
        response.writeHead(502);
        response.end(error.message);
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.loop = this.flow();
  }

  /** `127.0.0.1:port`: serves /metrics, and is the HTTP proxy by which the controllers reach Services of the cluster. */
  get address(): string {
    const address = this.server?.address() as AddressInfo | null | undefined;
    if (!address) throw new Error('the mesh has not been started');
    return `127.0.0.1:${address.port}`;
  }

  /** The last error of the loop that counts, for the report. */
  get error(): string | undefined {
    return this.lastError;
  }

  /** Why requests did not arrive, and how many: what policies refused. */
  get refusals(): Map<string, number> {
    return this.counters.refusals;
  }

  /** Requests to `host` (a Service's name, with or without its port) go to an address on this machine. */
  serve(host: string, address: string): void {
    this.services.set(host, address);
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.loop;
    this.server?.closeAllConnections();
    await new Promise<void>((resolve) => (this.server ? this.server.close(() => resolve()) : resolve()));
  }

  private async flow(): Promise<void> {
    let last = Date.now();
    while (this.running) {
      try {
        const state = await readMeshState(this.options.client);
        const now = Date.now();
        for (const [key, { until }] of this.loadTests) if (until < now) this.loadTests.delete(key);
        const tests = [...this.loadTests.values()].map(({ stream }) => stream);
        this.counters.advance(state, [...this.streams, ...tests], (now - last) / 1000);
        await this.entrances.advance(this.options.client, state, (now - last) / 1000);
        last = now;
        this.lastError = undefined;
      } catch (error) {
        this.lastError = (error as Error).message;
      }
      await sleep(Math.max(100, last + 1000 - Date.now()));
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/metrics') {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
      response.end(this.counters.expose() + this.entrances.expose());
      return;
    }
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const host = url.host.replace(/\.svc(\.cluster\.local)?(?=:|$)/, '');
    const body = await readBody(request);
    const address = this.services.get(host) ?? this.services.get(url.hostname);
    if (address) {
      const forwarded = await fetch(`${address}${url.pathname}${url.search}`, {
        method: request.method,
        ...(body ? { body } : {}),
      });
      response.writeHead(forwarded.status, { 'content-type': forwarded.headers.get('content-type') ?? 'text/plain' });
      response.end(await forwarded.text());
      return;
    }
    if (request.method === 'POST' && url.hostname.startsWith('flagger-loadtester.')) {
      this.hook(url, body);
      response.writeHead(202);
      response.end();
      return;
    }
    // What Go says when a name does not resolve.
    response.writeHead(502);
    response.end(`dial tcp: lookup ${url.hostname}: no such host`);
  }

  /** As the load tester: a command that runs already is not started twice. */
  private hook(url: URL, text: string): void {
    const body = JSON.parse(text) as HookCall['body'];
    this.hookCalls.push({ host: url.hostname, path: url.pathname, body });
    const command = body.metadata?.cmd ?? '';
    const test = parseLoadTest(command);
    const key = `${body.namespace}/${body.name}: ${command}`;
    if (!test || this.loadTests.has(key)) return;
    const namespace = url.hostname.split('.')[1] ?? '';
    this.loadTests.set(key, {
      until: Date.now() + test.seconds * 1000,
      stream: {
        from: { workload: LOAD_TESTER, namespace },
        host: test.host,
        port: test.port,
        path: test.path,
        requestsPerSecond: test.requestsPerSecond,
        inMesh: true,
      },
    });
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
