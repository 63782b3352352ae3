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
  let isOrdered = true;
  for (const construct of constructs) {
    if (construct instanceof Chart) {
      byChart.set(construct, []);
      if (construct.node.children.some((child) => child instanceof Chart)) isOrdered = false;
    } else if (construct instanceof ApiObject) byChart.get(construct.chart)!.push(construct);
    if (construct.node.dependencies.length > 0) isOrdered = false;
  }
  const charts = [...byChart].map(([chart, objects]) => ({ chart, objects }));
  // Nothing depends on anything, as nearly always: the order of construction is the order.
  if (isOrdered) return charts;
  const edges = dependencyEdges(constructs);
  return charts.map(({ chart }) => ({ chart, objects: topological(chart, edges) }));
}

type Edges = ReadonlyMap<IConstruct, ReadonlySet<IConstruct>>;

/**
 * The dependencies that were declared; those of a chart on the charts in it, and on the charts that its constructs
 * depend on; and those between the objects below two constructs of which one depends on the other.
 */
function dependencyEdges(constructs: readonly IConstruct[]): Edges {
  const edges = new Map(constructs.map((construct) => [construct, new Set<IConstruct>(construct.node.dependencies)]));
  const all = () => constructs.flatMap((source) => [...edges.get(source)!].map((target) => ({ source, target })));
  for (const parent of constructs) {
    if (!(parent instanceof Chart)) continue;
    for (const child of parent.node.children) if (child instanceof Chart) edges.get(parent)!.add(child);
  }
  for (const { source, target } of all()) {
    const [sourceChart, targetChart] = [chartOf(source), chartOf(target)];
    if (sourceChart && targetChart && sourceChart !== targetChart) edges.get(sourceChart)!.add(targetChart);
  }
  const objects = objectsBelow();
  for (const { source, target } of all()) {
    for (const targetObject of objects(target)) {
      for (const sourceObject of objects(source)) {
        if (sourceObject !== targetObject) edges.get(sourceObject)!.add(targetObject);
      }
    }
  }
  return edges;
}

/** None for what holds charts: a dependency of a scope orders charts, not objects. */
function chartOf(construct: IConstruct): Chart | undefined {
  if (construct instanceof Chart) return construct;
  return construct.node.scope && chartOf(construct.node.scope);
}

/** The objects below a construct that are of its own chart, looked up once. */
function objectsBelow(): (construct: IConstruct) => readonly ApiObject[] {
  const known = new Map<IConstruct, ApiObject[]>();
  return (construct) => {
    let found = known.get(construct);
    if (!found) {
      const chart = chartOf(construct);
      found = construct.node.findAll().filter((c): c is ApiObject => c instanceof ApiObject && c.chart === chart);
      known.set(construct, found);
    }
    return found;
  };
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
