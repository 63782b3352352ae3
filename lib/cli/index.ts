export { ExitCode, UsageError } from './exit-code';
export { type Io, type Output, processIo, wantsColor } from './io';
export { runProgram } from './program';
export { version } from './version';
