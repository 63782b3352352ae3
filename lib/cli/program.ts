import { Command, CommanderError, Help, type Option } from 'commander';
import { commands } from './commands';
import type { AddCommand } from './commands/command';
import { ExitCode, UsageError } from './exit-code';
import type { Io } from './io';
import { version } from './version';

/**
 * Runs a command line (without `node` and the script) and returns the exit code. Never throws.
 * @param added the subcommands: the one that is named, or all of them, unless a test says otherwise
 */
export async function runProgram(
  args: readonly string[],
  io: Io,
  added: readonly AddCommand[] = commandsFor(args),
): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.ok;
  const program = createProgram(io);
  const context = {
    io,
    exit(code: ExitCode) {
      exitCode = code;
    },
  };
  for (const add of added) add(program, context);
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Its exit code 2 says that something changes: a wrong command line is 1 there.
    const code = failed(error, io);
    return args[0] === 'diff' && code === ExitCode.usage ? ExitCode.findings : code;
  }
}

/** A command is loaded when it is named; all of them when none is, or when what is named does not exist: then they are shown. */
function commandsFor([name]: readonly string[]): readonly AddCommand[] {
  const named = commands.filter((command) => command.name === name);
  return (named.length > 0 ? named : commands).map((command) => command.load());
}

/** A command by its name and arguments alone; a flag that is off by default says nothing about it. */
const QUIET_HELP = {
  subcommandTerm: (command: Command) =>
    [command.name(), ...command.registeredArguments.map(argumentTerm)].filter((part) => part !== '').join(' '),
  optionDescription: (option: Option) =>
    option.defaultValue === false || option.defaultValue === ''
      ? option.description
      : Help.prototype.optionDescription.call(new Help(), option),
};

const argumentTerm = (argument: Command['registeredArguments'][number]): string => {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
};

function createProgram(io: Io): Command {
  return new Command('aviary')
    .description(
      'Finds canaries that cannot succeed before you push them, and makes the tree that Flux applies of one typed catalog.',
    )
    .configureHelp(QUIET_HELP)
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(aviary --help shows what there is)')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns,
      getErrHelpWidth: () => io.stderr.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText(
      'after',
      `
Begin with:
  aviary preflight --manifests DIR    check the YAML that you have
  aviary synth                        services.json → dist/
  aviary explain CODE                 what a finding means

Exit codes: 0 done, 1 errors were found, 2 the command line is wrong,
3 every attempt at a push was refused, 70 an internal error.`,
    );
}

function failed(error: unknown, io: Io): ExitCode {
  if (error instanceof CommanderError) {
    // `--help` and `--version` come here too, with the exit code 0.
    return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  }
  if (error instanceof UsageError) {
    io.stderr.write(`error: ${error.message}\n(aviary --help shows what there is)\n`);
    return ExitCode.usage;
  }
  io.stderr.write(bugReport(error, io));
  return ExitCode.bug;
}

function bugReport(error: unknown, io: Io): string {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = io.env.AVIARY_DEBUG && error instanceof Error ? `${error.stack}\n` : '';
  const hint = stack === '' ? ' Set AVIARY_DEBUG=1 for the stack.' : '';
  return `aviary ${version} met an internal error: ${message}\n${stack}Nothing that you wrote should cause this: please report it with this message and the command.${hint}\n`;
}
