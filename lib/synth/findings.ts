import type { Finding } from '../findings';
import { objectName } from './object-id';

/** Two units of one file. */
export function duplicatePath(file: string, first: string, second: string, cluster: string): Finding {
  return {
    code: 'duplicate-path',
    severity: 'error',
    place: { file, cluster },
    message: `${first} and ${second} both write "${file}"`,
    fix: 'Give each chart a path of its own (upper and lower case do not make a difference on every system)',
  };
}

/** Two objects of one name. */
export function duplicateObject(object: unknown, first: string, second: string, cluster: string): Finding {
  return {
    code: 'duplicate-object',
    severity: 'error',
    place: { file: second, object: objectName(object), cluster },
    message: first === second ? `the object is twice in "${first}"` : `the object is in "${first}" and in "${second}"`,
    cause: 'In a cluster an object is named by group, kind, namespace and name: the one applied last would win.',
    fix: 'Rename one of them or leave it out',
  };
}
