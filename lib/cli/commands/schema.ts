import { ExitCode } from '../exit-code';
import type { Io } from '../io';
import type { AddCommand } from './command';

/** Options of `schema`. */
export interface SchemaCommandOptions {
  readonly service?: boolean;
}

/** Adds `schema` to the command line. */
export const addSchema: AddCommand = (program, { io, exit }) => {
  program
    .command('schema')
    .description('print the JSON Schema of services.json, for editors and other tools')
    .option('--service', 'of a file that the catalog includes: one service', false)
    .action((options: SchemaCommandOptions) => exit(runSchema(options, io)));
};

/** Prints the JSON Schema of the catalog, or of one service. */
export function runSchema({ service = false }: SchemaCommandOptions, io: Io): ExitCode {
  const { catalogJsonSchema, serviceJsonSchema } = require('../../catalog') as typeof import('../../catalog');
  io.stdout.write(`${JSON.stringify(service ? serviceJsonSchema() : catalogJsonSchema(), null, 2)}\n`);
  return ExitCode.ok;
}
