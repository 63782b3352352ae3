import { ExitCode, UsageError } from '../exit-code';
import type { Io } from '../io';
import type { AddCommand } from './command';

/** Options of `explain`. */
export interface ExplainCommandOptions {
  readonly code?: string;
  readonly all: boolean;
}

/** Adds `explain` to the command line. */
export const addExplain: AddCommand = (program, { io, exit }) => {
  program
    .command('explain')
    .description('tell what a finding means: what happens, why, and how to mend it')
    .argument('[code]', 'the code of a finding, such as ingress-bypasses-vs')
    .option('--all', 'list every rule', false)
    .action((code: string | undefined, { all }: { all: boolean }) =>
      exit(runExplain({ all, ...(code === undefined ? {} : { code }) }, io)),
    );
};

/** The page of one rule or of what is said of input, the meaning of a catalog's code, or the list of all rules. */
export function runExplain({ code, all }: ExplainCommandOptions, io: Io): ExitCode {
  const { inputCodePage, inputCodes, ruleList, rulePage, rules } =
    require('../../preflight') as typeof import('../../preflight');
  const { dangerList, dangerPage, dangers, diffCodes } = require('../../diff') as typeof import('../../diff');
  if (all) {
    io.stdout.write(`${ruleList(rules)}\n${dangerList(dangers)}`);
    return ExitCode.ok;
  }
  if (code === undefined) throw new UsageError('name a code, or say --all');
  const rule = rules.find(({ id }) => id === code);
  const { CATALOG_CODES } = require('../../catalog') as typeof import('../../catalog');
  const input = inputCodes.find((one) => one.code === code);
  if (input) {
    io.stdout.write(inputCodePage(input));
    return ExitCode.ok;
  }
  const { doctorCodes } = require('../../doctor') as typeof import('../../doctor');
  if (Object.hasOwn(doctorCodes, code)) {
    io.stdout.write(`${code}: ${doctorCodes[code]}\nIt is found by aviary doctor: docs/doctor.md.\n`);
    return ExitCode.ok;
  }
  if (Object.hasOwn(diffCodes, code)) {
    io.stdout.write(`${code}: ${diffCodes[code]}\nIt is found by aviary diff: docs/diff.md.\n`);
    return ExitCode.ok;
  }
  const danger = dangers.find(({ id }) => id === code);
  if (danger) {
    io.stdout.write(dangerPage(danger));
    return ExitCode.ok;
  }
  if (!rule && Object.hasOwn(CATALOG_CODES, code)) {
    const meaning = CATALOG_CODES[code as keyof typeof CATALOG_CODES];
    io.stdout.write(
      `${code}: ${meaning}\nIt is found while the catalog is read; docs/catalog.md says what each field takes.\n`,
    );
    return ExitCode.ok;
  }
  const { PUBLISH_CODES } = require('../../publish') as typeof import('../../publish');
  if (!rule && Object.hasOwn(PUBLISH_CODES, code)) {
    const meaning = PUBLISH_CODES[code as keyof typeof PUBLISH_CODES];
    io.stdout.write(`${code}: ${meaning}\nIt stops a publication; docs/gitops.md says how one is made.\n`);
    return ExitCode.ok;
  }
  if (!rule) {
    const { nearest } = require('../../findings') as typeof import('../../findings');
    const known = [
      ...rules.map(({ id }) => id),
      ...dangers.map(({ id }) => id),
      ...Object.keys(doctorCodes),
      ...Object.keys(diffCodes),
      ...inputCodes.map((one) => one.code),
      ...Object.keys(CATALOG_CODES),
      ...Object.keys(PUBLISH_CODES),
    ];
    // Half a code, or one of its words, is what people remember.
    const near = nearest(code, known) ?? known.find((one) => code.length > 2 && one.includes(code));
    throw new UsageError(
      `no rule "${code}".${near === undefined ? '' : ` Did you mean "${near}"?`} aviary explain --all lists them.`,
    );
  }
  io.stdout.write(rulePage(rule));
  return ExitCode.ok;
}
