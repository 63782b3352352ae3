import type { Path, Problem } from '../problem';
import type { ResolvedCluster, ResolvedService } from '../resolve';
import { type ObjectEdge, type Waves, wavesOf, wayBetween } from '../waves';

/** A pod waits for what it needs, and a wave for its pods: what a later wave makes never comes. */
export function waveProblems(
  cluster: ResolvedCluster,
  origin: (service: ResolvedService, path: Path) => Path,
): Problem[] {
  const waves = wavesOf(cluster.services);
  const seen = new Set<string>();
  return waves.objectEdges.flatMap((edge): Problem[] => {
    const { user, maker, object } = edge;
    const id = `${maker.name} ${object.kind}/${object.name}`;
    const problem = seen.has(id) ? undefined : problemOf(edge, waves);
    if (!problem) return [];
    seen.add(id);
    return [{ ...problem, path: origin(user, object.path) }];
  });
}

function problemOf(edge: ObjectEdge, waves: Waves): Omit<Problem, 'path'> | undefined {
  const { user, maker, object } = edge;
  const needs = `"${user.name}" needs the ${object.kind} "${object.name}", which "${maker.name}" makes`;
  const [early, late] = [waves.levelOf(user), waves.levelOf(maker)];
  const mend = mendOf(edge);
  if (early < late)
    return {
      code: 'made-in-later-wave',
      message: `${needs}: wave ${early} would wait for an object of wave ${late}`,
      cause: 'A wave is applied when the one before is ready, and pods wait for what they need: neither ever comes.',
      fix: `${mend}, or write "wave": ${early} for "${maker.name}"`,
    };
  // In one wave all is applied at once; somebody who says so means it.
  if (early > late || (user.wave !== undefined && maker.wave !== undefined)) return undefined;
  const way = wayBetween(waves.graph, maker.name, user.name);
  if (!way) return undefined;
  return {
    code: 'wave-cycle',
    message: `${needs}, and "${maker.name}" waits for "${user.name}": ${[user.name, ...way].join(' → ')}`,
    cause: 'Services are installed and released after those that they call and after the makers of what they use.',
    fix: `${mend}, or write the same "wave" for ${[...new Set(way)].map((name) => `"${name}"`).join(' and ')} to release them side by side`,
  };
}

function mendOf({ user, maker, object }: ObjectEdge): string {
  return object.kind === 'ServiceAccount'
    ? `let "${user.name}" make it: remove "create": false there, and write { "create": false, "name": "${object.name}" } as serviceAccount of "${maker.name}"`
    : `let "${user.name}" make it in place of "${maker.name}"`;
}
