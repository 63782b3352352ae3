import * as path from 'node:path';
import type { Finding, Place } from '../findings';
import { sourcePosition } from './source-map';

/** Where a call stood, as a stack tells it. */
interface Frame {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What went wrong in somebody's code, at the line of theirs that is nearest to it. */
export function codeFinding(error: unknown, what: string): Finding {
  const message = error instanceof Error ? error.message : String(error);
  const place = codePlace(error);
  return {
    code: 'code-failed',
    severity: 'error',
    place,
    message: `${what}: ${message}`,
    fix: place.line === undefined ? 'Mend what the message names' : 'Mend the code at this line',
  };
}

/** The place of the first frame that is neither a library's nor ours. */
export function codePlace(error: unknown, cwd = process.cwd()): Place {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const frame of framesOf(stack)) {
    const { file, line, column } = sourcePosition(frame);
    if (!isUsers(file)) continue;
    const relative = path.relative(cwd, file);
    return { file: relative.startsWith('..') ? file : relative, line, column };
  }
  return {};
}

/** Node's form: `    at new Gifts (/shop/main.ts:12:7)`. */
function framesOf(stack: string): Frame[] {
  return stack.split('\n').flatMap((text): Frame[] => {
    const [, file, line, column] = /^\s+at (?:.*\()?(?:file:\/\/)?([^()]+?):(\d+):(\d+)\)?$/.exec(text) ?? [];
    return file === undefined ? [] : [{ file, line: Number(line), column: Number(column) }];
  });
}

/** The folder of this project's own code: lib/ of a checkout, build/ of the package. */
const OWN = path.resolve(process.env.AVIARY_ROOT ?? path.join(__dirname, '..', '..'), 'lib');

function isUsers(file: string): boolean {
  if (!path.isAbsolute(file) || file.split(path.sep).includes('node_modules')) return false;
  return !file.startsWith(`${OWN}${path.sep}`);
}
