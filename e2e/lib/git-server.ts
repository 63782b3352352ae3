import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { run } from './tools';

export interface GitServerOptions {
  /** Password of any user; without it everybody may read and push. */
  readonly token?: string;
  /** Before each answer. @default 0 */
  readonly delayMilliseconds?: number;
}

/** One repository on 127.0.0.1 over smart HTTP, by `git http-backend`: what source-controller speaks. */
export class GitServer {
  private server: Server | undefined;
  private readonly work: string;

  constructor(
    private readonly folder: string,
    private readonly options: GitServerOptions = {},
  ) {
    this.work = join(folder, 'work');
  }

  /** The bare repository. */
  get bare(): string {
    return join(this.folder, 'gitops.git');
  }

  async start(): Promise<void> {
    const { bare } = this;
    mkdirSync(this.folder, { recursive: true });
    await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
    await run('git', ['config', 'http.receivepack', 'true'], { cwd: bare });
    await run('git', ['init', '--quiet', '--initial-branch=main', this.work]);
    await this.git('remote', 'add', 'origin', bare);
    const server = createServer((request, response) => {
      const { token, delayMilliseconds = 0 } = this.options;
      const [, password] = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64')
        .toString()
        .split(':');
      if (token !== undefined && password !== token) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' });
        response.end();
      } else if (delayMilliseconds === 0) this.answer(request, response);
      else setTimeout(() => this.answer(request, response), delayMilliseconds);
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    const address = this.server?.address() as AddressInfo | null | undefined;
    if (!address) throw new Error('the git server has not been started');
    return `http://127.0.0.1:${address.port}/gitops.git`;
  }

  /** Makes a branch hold exactly this tree. Returns the commit. */
  async push(tree: string, message: string, branch = 'main'): Promise<string> {
    for (const name of readdirSync(this.work)) if (name !== '.git') rmSync(join(this.work, name), { recursive: true });
    cpSync(tree, this.work, { recursive: true });
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--message', message);
    await this.git('push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`);
    return (await this.git('rev-parse', 'HEAD')).trim();
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise<void>((resolve) => (this.server ? this.server.close(() => resolve()) : resolve()));
  }

  private git(...args: string[]): Promise<string> {
    const identity = ['-c', 'user.name=e2e', '-c', 'user.email=e2e@example.com', '-c', 'commit.gpgsign=false'];
    return run('git', [...identity, ...args], { cwd: this.work });
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const backend = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: this.folder,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        CONTENT_LENGTH: request.headers['content-length'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REMOTE_ADDR: '127.0.0.1',
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    backend.on('error', (error) => {
      response.writeHead(500);
      response.end(error.message);
    });
    request.pipe(backend.stdin);
    const chunks: Buffer[] = [];
    backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    backend.on('close', () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf('\r\n\r\n');
      const headers = all.subarray(0, Math.max(0, end)).toString().split('\r\n');
      const fields = headers.map((line) => line.split(/: (.*)/s)).filter(([name]) => name);
      const status = fields.find(([name]) => name === 'Status')?.[1];
      for (const [name, value] of fields) if (name && value && name !== 'Status') response.setHeader(name, value);
      response.writeHead(status ? Number.parseInt(status, 10) : 200);
      response.end(all.subarray(end + 4));
    });
  }
}
