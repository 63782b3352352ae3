import type { Path, Problem } from '../problem';
import type { ResolvedCluster, ResolvedService } from '../resolve';
import type { Catalog } from '../schema';
import { originOf, type ServiceProblem, writablePlace } from './context';

interface Found {
  readonly problem: ServiceProblem;
  readonly service: ResolvedService;
  readonly cluster: ResolvedCluster;
  /** Where the catalog sets the field. */
  readonly origin: Path;
}

/** More names nobody reads. */
const MAX_NAMED = 5;

/**
 * What is wrong with services, where it has to be mended. What a default or a cluster says to all who take it is one problem
 * there when it is wrong for all of them; when it is wrong for some, it is a problem of these: mended in the default, it would be
 * mended for everybody.
 */
export class ServiceProblems {
  private readonly found: Found[] = [];

  constructor(private readonly catalog: Catalog) {}

  add(cluster: ResolvedCluster, service: ResolvedService, problem: ServiceProblem): void {
    this.found.push({ problem, service, cluster, origin: originOf(this.catalog, cluster, service, problem.path) });
  }

  /** All of them, each once, in however many clusters it is seen. */
  list(): Problem[] {
    if (this.found.length === 0) return [];
    const groups = new Map<string, Found[]>();
    for (const one of this.found) {
      const key = isShared(one.origin) ? `${one.origin.join('/')} ${one.problem.code}` : `${groups.size} own`;
      const group = groups.get(key);
      if (group) group.push(one);
      else groups.set(key, [one]);
    }
    const problems = new Map<string, Problem>();
    const add = (problem: Problem): void => {
      const id = `${problem.path.join('/')} ${problem.code} ${problem.message}`;
      if (!problems.has(id)) problems.set(id, problem);
    };
    for (const group of groups.values()) {
      const [first] = group as [Found, ...Found[]];
      if (!isShared(first.origin)) add(this.where(first, first.origin));
      else if (this.isWrongForAll(group)) for (const problem of this.forAll(group)) add(problem);
      else for (const one of group) add(this.ofService(one));
    }
    return [...problems.values()];
  }

  /** Whether all who take the field from there have the problem. */
  private isWrongForAll(group: readonly Found[]): boolean {
    const [{ origin, problem }] = group as [Found, ...Found[]];
    const at = origin.join('/');
    const affected = new Set(group.map(({ service, cluster }) => `${cluster.name}/${service.name}`));
    const clusters = new Map(group.map(({ cluster }) => [cluster.name, cluster]));
    for (const cluster of clusters.values())
      for (const service of cluster.services)
        if (!affected.has(`${cluster.name}/${service.name}`))
          if (originOf(this.catalog, cluster, service, problem.path).join('/') === at) return false;
    return true;
  }

  private forAll(group: readonly Found[]): Problem[] {
    const texts = new Map<string, Found>();
    for (const one of group) if (!texts.has(one.problem.message)) texts.set(one.problem.message, one);
    const [first] = group as [Found, ...Found[]];
    const problem = this.where(first, first.origin);
    const others = [...new Set(group.map(({ service }) => service.name))].filter((name) => name !== first.service.name);
    // What names no service is the same for all.
    if (texts.size === 1 || others.length === 0) return [...texts.values()].map((one) => this.where(one, one.origin));
    const named = others.slice(0, MAX_NAMED).join(', ');
    const more = others.length > MAX_NAMED ? `, …` : '';
    return [{ ...problem, message: `${problem.message} (and ${others.length} more: ${named}${more})` }];
  }

  private where({ problem, service, cluster }: Found, path: Path): Problem {
    return {
      ...problem,
      path,
      ...(problem.edits && {
        edits: problem.edits.map((edit) => ({
          ...edit,
          path: writablePlace(this.catalog, cluster, service, edit.path).path,
        })),
      }),
    };
  }

  private ofService(one: Found): Problem {
    const { problem, service, cluster, origin } = one;
    const path: Path = ['services', cluster.positions.get(service)!];
    const own = problem.edits?.map((edit) => ({
      edit,
      to: writablePlace(this.catalog, cluster, service, edit.path).own,
    }));
    const { edits: _, ...rest } = problem;
    return {
      ...rest,
      path,
      fix: `in "${service.name}" itself (/${origin.join('/')} is for others too): ${problem.fix}`,
      ...(own?.every(({ to }) => to !== undefined) && { edits: own.map(({ edit, to }) => ({ ...edit, path: to! })) }),
    };
  }
}

const isShared = ([root, , field]: Path): boolean =>
  root === 'defaults' || (root === 'clusters' && field === 'defaults');
