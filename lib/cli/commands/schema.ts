import { ExitCode } from '../exit-code';
import type { Io } from '../io';
import type { AddCommand } from './command';

/** Adds `schema` to the command line. */
export const addSchema: AddCommand = (program, { io, exit }) => {
  program
    .command('schema')
    .description('print the JSON Schema of services.json, for editors and other tools')
    .action(() => exit(runSchema(io)));
};

/** Prints the JSON Schema of the catalog. */
export function runSchema(io: Io): ExitCode {
  const { catalogJsonSchema } = require('../../catalog') as typeof import('../../catalog');
  io.stdout.write(`${JSON.stringify(catalogJsonSchema(), null, 2)}\n`);
  return ExitCode.ok;
}
