import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface StartOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** One program that runs beside the harness. */
export class Running {
  private exit: string | undefined;
  private isAsked = false;
  private child: ChildProcess;

  constructor(
    readonly name: string,
    readonly logFile: string,
    private readonly spawned: () => ChildProcess,
  ) {
    this.child = this.begun();
  }

  private begun(): ChildProcess {
    const child = this.spawned();
    child.on('exit', (code, signal) => {
      this.exit = signal ? `signal ${signal}` : `exit code ${code}`;
    });
    child.on('error', (error) => {
      this.exit = error.message;
    });
    return child;
  }

  /** Starts it anew after a stop. */
  again(): void {
    if (this.exit === undefined) throw new Error(`${this.name} runs`);
    this.exit = undefined;
    this.isAsked = false;
    this.child = this.begun();
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** An error with the end of the log when the program has ended by itself. */
  failure(): Error | undefined {
    if (this.exit === undefined || this.isAsked) return undefined;
    const tail = readFileSync(this.logFile, 'utf8').trim().split('\n').slice(-8).join('\n');
    return new Error(`${this.name} ended with ${this.exit}; ${this.logFile} ends with\n${tail}`);
  }

  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** Asks it to end, insists after some seconds, and returns when it has ended. */
  async stop(graceMilliseconds = 5000): Promise<void> {
    if (this.exit !== undefined || this.child.pid === undefined) return;
    this.isAsked = true;
    await new Promise<void>((resolve) => {
      const kill = setTimeout(() => this.child.kill('SIGKILL'), graceMilliseconds);
      this.child.once('exit', () => {
        clearTimeout(kill);
        resolve();
      });
      this.child.kill('SIGTERM');
    });
  }

  /** For the moment when the harness itself is about to exit and nothing can be waited for. */
  kill(): void {
    if (this.exit === undefined) this.child.kill('SIGKILL');
  }
}

/** The programs that one harness started: they end with it, whichever way it ends. */
export class Processes {
  private readonly started: Running[] = [];
  private readonly onExit = (): void => {
    for (const running of this.started) running.kill();
  };

  constructor(private readonly logFolder: string) {
    mkdirSync(logFolder, { recursive: true });
    process.on('exit', this.onExit);
  }

  start(name: string, { command, args, env, cwd }: StartOptions): Running {
    const logFile = join(this.logFolder, `${name}.log`);
    const running = new Running(name, logFile, () => {
      const log = openSync(logFile, 'a');
      const child = spawn(command, args, { env: env ?? process.env, cwd, stdio: ['ignore', log, log] });
      closeSync(log);
      return child;
    });
    this.started.push(running);
    return running;
  }

  /** @throws when none of that name has been started */
  named(name: string): Running {
    const found = this.started.find((running) => running.name === name);
    if (!found) throw new Error(`${name} has not been started`);
    return found;
  }

  /** The first of them that has ended by itself. */
  failure(): Error | undefined {
    return this.started.map((running) => running.failure()).find((failure) => failure !== undefined);
  }

  pids(): Record<string, number | undefined> {
    return Object.fromEntries(this.started.map(({ name, pid }) => [name, pid]));
  }

  /** Ends all, the last started first: clients go before their servers. */
  async stop(): Promise<void> {
    for (const running of [...this.started].reverse()) await running.stop();
    process.off('exit', this.onExit);
  }
}
