import { isFields } from '../kube';

/** What Kubernetes or a controller writes, or what says nothing of behaviour. */
const ownFields = new Set(['status', 'metadata']);

/**
 * The fields that one object has and the other one, which takes its place, has not: their names, each once, in the order in
 * which they are written. Positions in lists are not compared: `retries` in any route is kept when some route has it.
 */
export function lostFields(theirs: unknown, made: unknown): readonly string[] {
  const kept = new Set(pathsOf(made));
  const found: string[] = [];
  for (const path of pathsOf(theirs)) {
    const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
    // Of what is lost as a whole the whole is named.
    const isNew = !kept.has(path) && (parent === '' || kept.has(parent));
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (isNew && !found.includes(name)) found.push(name);
  }
  return found;
}

function pathsOf(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, at));
  if (!isFields(value)) return [];
  return Object.entries(value)
    .filter(([name]) => at !== '' || !ownFields.has(name))
    .flatMap(([name, child]) => [`${at}/${name}`, ...pathsOf(child, `${at}/${name}`)]);
}
