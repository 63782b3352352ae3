import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';

/** A chart's own objects in the order of their documents, and the counted work. */
export interface OrderedChart {
  readonly chart: Chart;
  readonly objects: readonly ApiObject[];
}

/**
 * The charts of an app with their objects, in the order in which cdk8s writes them: as constructed, an object after
 * all that it depends on. cdk8s walks the whole app once more for every chart and tries every route through the
 * dependencies; here each construct and each dependency is looked at once.
 * @param constructs all constructs of the app, parents first (`app.node.findAll()`)
 * @throws Error naming the constructs of a dependency cycle
 * @see cdk8s 2.70, lib/app.js resolveDependencies, lib/dependency.js
 */
export function orderObjects(constructs: readonly IConstruct[]): OrderedChart[] {
  const byChart = new Map<Chart, ApiObject[]>();
  const dependencies: { source: IConstruct; target: IConstruct }[] = [];
  for (const construct of constructs) {
    if (construct instanceof Chart) byChart.set(construct, []);
    else if (construct instanceof ApiObject) byChart.get(construct.chart)!.push(construct);
    for (const target of construct.node.dependencies) dependencies.push({ source: construct, target });
  }
  const ordered = [...byChart].map(([chart, objects]) => ({ chart, objects }));
  if (dependencies.length === 0) return ordered;
  const edges = dependencyEdges(dependencies);
  return ordered.map(({ chart }) => ({ chart, objects: topological(chart, edges) }));
}

type Edges = ReadonlyMap<IConstruct, ReadonlySet<IConstruct>>;

/** The dependencies between constructs, and those between the objects below them where both are of one chart. */
function dependencyEdges(dependencies: readonly { source: IConstruct; target: IConstruct }[]): Edges {
  const edges = new Map<IConstruct, Set<IConstruct>>();
  const connect = (source: IConstruct, target: IConstruct): void => {
    const targets = edges.get(source);
    if (targets) targets.add(target);
    else edges.set(source, new Set([target]));
  };
  const objectsBelow = new Map<IConstruct, ApiObject[]>();
  const objects = (construct: IConstruct): ApiObject[] => {
    let found = objectsBelow.get(construct);
    if (!found) {
      const chart = Chart.of(construct);
      found = construct.node.findAll().filter((c): c is ApiObject => c instanceof ApiObject && c.chart === chart);
      objectsBelow.set(construct, found);
    }
    return found;
  };
  for (const { source, target } of dependencies) connect(source, target);
  for (const { source, target } of dependencies) {
    for (const targetObject of objects(target)) {
      for (const sourceObject of objects(source)) {
        if (sourceObject !== targetObject) connect(sourceObject, targetObject);
      }
    }
  }
  return edges;
}

function topological(chart: Chart, edges: Edges): ApiObject[] {
  const inChart = new Set(chart.node.findAll());
  const hasDependants = new Set<IConstruct>();
  for (const construct of inChart) for (const target of edges.get(construct) ?? []) hasDependants.add(target);
  const done = new Set<IConstruct>();
  const route: IConstruct[] = [];
  const onRoute = new Set<IConstruct>();
  const ordered: ApiObject[] = [];
  const visit = (construct: IConstruct): void => {
    if (done.has(construct) || !inChart.has(construct)) return;
    if (onRoute.has(construct)) throw cycleError([...route.slice(route.indexOf(construct)), construct]);
    onRoute.add(construct);
    route.push(construct);
    for (const target of edges.get(construct) ?? []) visit(target);
    route.pop();
    onRoute.delete(construct);
    done.add(construct);
    if (construct instanceof ApiObject && construct.chart === chart) ordered.push(construct);
  };
  for (const construct of inChart) if (!hasDependants.has(construct)) visit(construct);
  // What is left has dependants all around: a cycle.
  for (const construct of inChart) visit(construct);
  return ordered;
}

function cycleError(route: readonly IConstruct[]): Error {
  return new Error(`Dependency cycle detected: ${route.map(({ node }) => node.path).join(' => ')}`);
}
