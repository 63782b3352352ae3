import type { AddCommand } from './commands/command';
import { ExitCode, UsageError } from './exit-code';
import { memoryIo } from './memory-io';
import { runProgram } from './program';
import { version } from './version';

const command =
  (name: string, run: () => unknown): AddCommand =>
  (program, { exit }) => {
    program.command(name).action(async () => exit((await run()) as ExitCode));
  };

test('--help lists every command', async () => {
  const io = memoryIo();
  expect(await runProgram(['--help'], io)).toBe(0);
  expect(io.out).toContain('Usage: aviary [options] [command]');
  expect(io.out).toMatch(/^ {2}schema .*JSON Schema/m);
  expect(io.err).toBe('');
});

test('the help has no noise: no [options] behind each command, no default of a flag that is off', async () => {
  const whole = memoryIo();
  await runProgram(['--help'], whole);
  expect(whole.out).toMatch(/^ {2}adopt <path\.\.\.> +turn YAML/m);
  expect(whole.out.slice(whole.out.indexOf('Commands:'))).not.toContain('[options]');
  const one = memoryIo();
  await runProgram(['synth', '--help'], one);
  expect(one.out).toMatch(/--quiet +print findings only$/m);
  expect(one.out).toContain('(default: "dist")');
});

test('--version', async () => {
  const io = memoryIo();
  expect(await runProgram(['--version'], io)).toBe(0);
  expect(io.out).toBe(`${version}\n`);
});

test.each([
  ['nothing', [], 'Usage: aviary'],
  ['an unknown command', ['synht'], "unknown command 'synht'"],
  ['an unknown option', ['--fast'], "unknown option '--fast'"],
  ['an unknown option of a command', ['schema', '--fast'], "unknown option '--fast'"],
])('%s is a usage error', async (_, args, message) => {
  const io = memoryIo();
  expect(await runProgram(args, io)).toBe(ExitCode.usage);
  expect(io.err).toContain(message);
  expect(io.out).toBe('');
});

test('the code of a command is the exit code', async () => {
  expect(await runProgram(['x'], memoryIo(), [command('x', () => ExitCode.findings)])).toBe(1);
});

test('a UsageError is printed without a stack', async () => {
  const io = memoryIo();
  const bad = command('x', () => {
    throw new UsageError('--a and --b exclude each other');
  });
  expect(await runProgram(['x'], io, [bad])).toBe(2);
  expect(io.err).toBe('error: --a and --b exclude each other\n(aviary --help shows what there is)\n');
});

test.each([
  [{}, false],
  [{ AVIARY_DEBUG: '1' }, true],
])('an unexpected throw is a short message with the version, %j', async (env, withStack) => {
  const io = memoryIo({ env });
  const broken = command('x', async () => {
    throw new TypeError('boom');
  });
  expect(await runProgram(['x'], io, [broken])).toBe(ExitCode.bug);
  expect(io.err).toContain(`aviary ${version} met an internal error: TypeError: boom\n`);
  expect(io.err.includes('program.test.ts')).toBe(withStack);
  expect(io.err.includes('AVIARY_DEBUG=1')).toBe(!withStack);
});

test('aviary help is the help', async () => {
  const [help, option] = [memoryIo(), memoryIo()];
  expect([await runProgram(['help'], help), await runProgram(['--help'], option)]).toEqual([0, 0]);
  expect(`${help.out}${help.err}`).toBe(`${option.out}${option.err}`);
});
