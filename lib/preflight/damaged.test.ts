import { runs } from '../../test/runs';
import { buildWorld } from '../world';
import { objectsOf } from './case-world';
import { rules } from './rules.generated';
import { runPreflight } from './run';

/** What people write where something else is asked for. */
const junk: readonly unknown[] = [null, 5, -1, 1e9, '', 'x', '{{', true, [], {}, [null], [5, 'x'], { matchLabels: 5 }];
const damagesOfACase = runs(6);

/** The same numbers in every run: what fails today fails tomorrow. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state % below;
  };
}

type Path = readonly string[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  const below =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, child]) => pathsOf(child, [...path, key]))
      : [];
  return path.length > 0 ? [path, ...below] : below;
}

/** What readManifests takes for an object has these. */
const isKept = (path: Path): boolean => ['apiVersion', 'kind', 'metadata', 'metadata/name'].includes(path.join('/'));

function damage(object: object, path: Path, value: unknown): void {
  let holder = object as Record<string, unknown>;
  for (const step of path.slice(0, -1)) holder = holder[step] as Record<string, unknown>;
  holder[path.at(-1)!] = value;
}

test.each(rules.map((rule) => [rule.id, rule] as const))(
  'no rule stumbles over a field of %s that is something else',
  (_, rule) => {
    const next = numbers(rule.id.length * 7919 + rule.id.charCodeAt(0));
    for (const { manifests, files = {}, facts } of [...rule.cases.bad, ...rule.cases.good])
      for (let count = 0; count < damagesOfACase; count++) {
        const inputs = Object.entries({ 'case.yaml': manifests, ...files }).flatMap(([file, content]) =>
          objectsOf(content).map((object) => ({ object: structuredClone(object), place: { file } })),
        );
        const { object } = inputs[next(inputs.length)]!;
        const paths = pathsOf(object).filter((path) => !isKept(path));
        if (paths.length === 0) continue;
        const path = paths[next(paths.length)]!;
        const value = junk[next(junk.length)];
        damage(object, path, value);
        try {
          runPreflight(buildWorld(inputs, facts));
        } catch (error) {
          throw new Error(`${object.kind} /${path.join('/')} = ${JSON.stringify(value)}: ${error}`, { cause: error });
        }
      }
  },
);
