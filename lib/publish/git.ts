import { spawn } from 'node:child_process';
import { PublishProblem } from './problem';

/** How a run of git ended. */
export interface GitResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  /** Without secrets. */
  readonly stderr: string;
}

/** Where and how git runs. */
export interface GitOptions {
  /** Where git runs. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Texts that no output may hold. */
  readonly secrets?: readonly string[];
}

/** Longer than any push of a tree takes; a server that holds the connection open for ever is given up. */
const MAX_MILLISECONDS = 600_000;

/** What a shell around us may have set for its own repository, and what makes git write credentials to its output. */
const FOREIGN_VARIABLES =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|NAMESPACE|PREFIX|QUARANTINE_PATH|TRACE.*|CURL_VERBOSE)$/;

/** The git program, with arguments as a list: no shell reads them. Its messages are in English, and it never asks. */
export class Git {
  private readonly env: NodeJS.ProcessEnv;

  constructor(private readonly options: GitOptions) {
    const kept = Object.entries(options.env).filter(([name]) => !FOREIGN_VARIABLES.test(name));
    this.env = { ...Object.fromEntries(kept), LC_ALL: 'C', LANGUAGE: 'C', GIT_TERMINAL_PROMPT: '0' };
    this.env.GIT_SSH_COMMAND ??= 'ssh -o BatchMode=yes';
  }

  /** Runs it and returns what came of it, whatever the exit code. */
  async run(args: readonly string[], { input }: { readonly input?: string | Buffer } = {}): Promise<GitResult> {
    const child = spawn('git', args, { cwd: this.options.folder, env: this.env, stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    // A git that ends before it has read everything says why in its output.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    let hasHung = false;
    const timer = setTimeout(() => {
      hasHung = true;
      child.kill('SIGKILL');
    }, MAX_MILLISECONDS);
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', (error: NodeJS.ErrnoException) => reject(cannotStart(error)));
      child.on('close', (code) => resolve(code ?? 128));
    }).finally(() => clearTimeout(timer));
    const said = this.redact(Buffer.concat(err).toString('utf8'));
    return { exitCode, stdout: Buffer.concat(out), stderr: hasHung ? `${said}\nfatal: operation timed out` : said };
  }

  /**
   * Runs a local command that has no reason to fail.
   * @throws PublishProblem disk-full, git-failed
   */
  async text(args: readonly string[], options: { readonly input?: string | Buffer } = {}): Promise<string> {
    return (await this.bytes(args, options)).toString('utf8').trimEnd();
  }

  /** The same, for content. */
  async bytes(args: readonly string[], options: { readonly input?: string | Buffer } = {}): Promise<Buffer> {
    const { exitCode, stdout, stderr } = await this.run(args, options);
    if (exitCode === 0) return stdout;
    throw localFailure(args[0] ?? '', stderr);
  }

  private redact(text: string): string {
    return redact(text, this.options.secrets ?? []);
  }
}

/** The text with every secret, and every password in an address, blotted out. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '***');
  return clean.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/gi, '$1***@');
}

function cannotStart(error: NodeJS.ErrnoException): unknown {
  if (error.code !== 'ENOENT') return error;
  return new PublishProblem('git-missing', 'there is no git program on the PATH', {
    fix: 'install git 2.31 or newer',
  });
}

/** A command on our own files: the disk, or git itself. */
export function localFailure(command: string, stderr: string): PublishProblem {
  if (/No space left on device|Disk quota exceeded/i.test(stderr))
    return new PublishProblem('disk-full', 'the disk is full', {
      fix: 'make room where TMPDIR is, or name another folder with it, and publish again: nothing was pushed',
    });
  return new PublishProblem('git-failed', `git ${command} failed: ${lastLine(stderr)}`, {
    fix: 'see to what git says, then publish again: nothing was pushed',
  });
}

/** What git says last, without its prefix. */
export function lastLine(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const said = lines.findLast((line) => /^(fatal|error):/.test(line)) ?? lines.at(-1) ?? 'no message';
  return said.replace(/^(fatal|error): /, '');
}
