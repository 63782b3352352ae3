import { processIo } from './io';
import { runProgram } from './program';

/** The command line of this process. What `bin/aviary.js` runs. */
runProgram(process.argv.slice(2), processIo(process)).then((code) => {
  process.exitCode = code;
});
