import { processIo } from './io';
import { runProgram } from './program';

/**
 * The command line of this process. What `bin/aviary.js` runs.
 * @param main evaluates main.ts, the app whose charts belong to the tree
 */
export function startCli(main: () => unknown): void {
  runProgram(process.argv.slice(2), { ...processIo(process), main }).then((code) => {
    process.exitCode = code;
  });
}
