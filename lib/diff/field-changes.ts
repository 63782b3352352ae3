import { isDeepStrictEqual } from 'node:util';
import { atPath, type Fields, isFields, type KubeObject } from '../kube';
import { compareObjects, type FieldDifference } from './compare';

/** One field that a change makes another one. */
export interface FieldChange {
  /** For people: `spec.template.spec.containers[server].image`. */
  readonly path: string;
  /** JSON pointer into the object as it is after the change; to what held it, where the field is gone. */
  readonly pointer: string;
  /** As written; undefined where the field is new. */
  readonly before?: unknown;
  /** As written; undefined where the field is gone. */
  readonly after?: unknown;
  /** Only the order differs, and it has a meaning. */
  readonly isOrder?: boolean;
  /** The value is a secret's: it is not shown. */
  readonly isSecret?: boolean;
  /** Follows from other changes (digests of releases): nobody has written it. */
  readonly isDerived?: boolean;
}

const DERIVED =
  /^metadata\.(annotations\["aviary\.dev\/(release-(digest|checksum)|rollout-duration)"\]|labels\["(app\.kubernetes\.io\/version|helm\.sh\/chart)"\])$/;
const SECRET_NAME = /pass(word|wd|phrase)?|secret|token|api_?key|private_?key|credential/i;
/** Maps of which each key is a change of its own, whether the map was there or not. */
const TEXT_MAPS = new Set(['labels', 'annotations', 'data', 'binaryData', 'matchLabels', 'limits', 'requests']);

/** What differs between two states of one object, by meaning: nothing where the API server makes the same of both. */
export function fieldChanges(before: KubeObject, after: KubeObject): FieldChange[] {
  if (before === after || isDeepStrictEqual(before, after)) return [];
  return wholeLists(compareObjects(before, after), before, after)
    .flatMap(byKey)
    .map((difference) => change(difference, before, after));
}

/** Words of a command are read as a whole: one more at its start would be a change of each of them. */
function wholeLists(differences: readonly FieldDifference[], from: KubeObject, to: KubeObject): FieldDifference[] {
  const seen = new Set<string>();
  return differences.flatMap((difference): FieldDifference[] => {
    const { path, steps, stepsAfter } = difference;
    if (typeof steps.at(-1) !== 'number' || !path.endsWith(']')) return [difference];
    const [list, listAfter] = [
      steps.slice(0, -1),
      difference.after === undefined ? stepsAfter : stepsAfter.slice(0, -1),
    ];
    const [was, is] = [atPath(from, list), atPath(to, listAfter)];
    if (!isWords(was) || !isWords(is)) return [difference];
    const parent = path.slice(0, path.lastIndexOf('['));
    if (seen.has(parent)) return [];
    seen.add(parent);
    return [{ path: parent, steps: list, stepsAfter: listAfter, before: was, after: is }];
  });
}

const isWords = (list: unknown): list is readonly unknown[] =>
  Array.isArray(list) && list.every((item) => typeof item !== 'object');

/** A map that only one of both has, key by key. */
function byKey(difference: FieldDifference): FieldDifference[] {
  const { path, steps, stepsAfter, before, after } = difference;
  const map = before === undefined ? after : after === undefined ? before : undefined;
  if (!isFields(map) || !TEXT_MAPS.has(String(steps.at(-1)))) return [difference];
  return Object.keys(map).map((key) => ({
    path: `${path}${/^[\w-]+$/.test(key) ? `.${key}` : `["${key}"]`}`,
    steps: [...steps, key],
    stepsAfter: after === undefined ? stepsAfter : [...stepsAfter, key],
    ...(before === undefined ? {} : { before: (map as Fields)[key] }),
    ...(after === undefined ? {} : { after: (map as Fields)[key] }),
  }));
}

function change(
  { path, steps, stepsAfter, before, after }: FieldDifference,
  from: KubeObject,
  to: KubeObject,
): FieldChange {
  const isOrder = path.endsWith(' (order)');
  // As it is written, where it is: amounts in normal form are for machines.
  const was = before === undefined || isOrder ? before : (atPath(from, steps) ?? before);
  const is = after === undefined || isOrder ? after : (atPath(to, stepsAfter) ?? after);
  return {
    path: isOrder ? path.slice(0, -' (order)'.length) : path,
    pointer: stepsAfter.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    ...(was === undefined ? {} : { before: was }),
    ...(is === undefined ? {} : { after: is }),
    ...(isOrder ? { isOrder } : {}),
    ...(isSecret(to.kind, path, was, is) ? { isSecret: true } : {}),
    ...(DERIVED.test(path) || isReleaseDigest(to, path) ? { isDerived: true } : {}),
  };
}

/** What tells Flagger's status which release it is about (decision 3), and what a HelmRelease gives its chart of that. */
function isReleaseDigest({ kind, metadata }: KubeObject, path: string): boolean {
  if (kind === 'HelmRelease') return /^spec\.values\.release\.(digest|checksum|template|version)$/.test(path);
  return kind === 'ConfigMap' && metadata.name.endsWith('.release') && path === 'data.digest';
}

/** Values of a Secret, and of variables and keys whose name says that their value is one. */
function isSecret(kind: string, path: string, before: unknown, after: unknown): boolean {
  if (kind === 'Secret' && /^(data|stringData)\b/.test(path)) return true;
  const variable = /\.env\[([^\]]*)\]/.exec(path)?.[1];
  const last = /([\w-]+)"?\]?$/.exec(path)?.[1] ?? '';
  const isText = [before, after].some((value) => typeof value === 'string' || (isFields(value) && 'value' in value));
  // The name of a Secret, or of a key in one, is none.
  return isText && SECRET_NAME.test(variable ?? last) && !/(Name|Ref|name|key)$/.test(last);
}
