import { type ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { ManifestFile } from '../constructs';
import type { Finding } from '../findings';
import { codeFinding } from '../synth';
import { isManifestFile, kindOfFile, orderObjects, type RenderedFile, releasesOf } from '../synth/render';
import { Origins } from './chart-origins';
import { outputFiles } from './output-files';
import type { RenderOptions } from './render-options';
import { ClusterScope, GeneratedUnit, LayerScope, ServiceRef } from './scopes';

/** A chart of the user's with its objects. */
export interface RenderedChart {
  /** `apps/gifts`: layer and path of the chart, unique in its cluster. Without a layer the path alone. */
  readonly id: string;
  /** Undefined for what stands in no cluster. */
  readonly cluster?: string;
  /** Undefined for what knows its own path, and for what stands in no cluster. */
  readonly layer?: string;
  /** Paths below the layer's folder, or the output folder where there is no layer. */
  readonly files: readonly RenderedFile[];
  readonly releases: Readonly<Record<string, string>>;
  /** As in `AddedFile`. */
  readonly after: readonly string[];
  /** Built later, and only when it has to be: its file has no documents yet. */
  readonly generated?: GeneratedUnit;
}

/** All charts of the user's, rendered, and what is wrong with them. */
export interface RenderedCharts {
  readonly charts: readonly RenderedChart[];
  /** By cluster and service: the charts and services that it is released after. */
  readonly serviceAfter: ReadonlyMap<string, Readonly<Record<string, readonly string[]>>>;
  readonly findings: readonly Finding[];
  /** Where their objects are made. */
  readonly origins: Origins;
}

/** Renders all charts below a scope: one validation pass, one walk. What fails in somebody's code is a finding. */
export function renderCharts(root: IConstruct, options: RenderOptions): RenderedCharts {
  const constructs = root.node.findAll();
  const findings = validate(constructs);
  const edges = new ChartEdges(constructs, options.clusters, findings);
  const origins = new Origins();
  if (findings.length > 0) return { charts: [], serviceAfter: new Map(), findings, origins };
  const charts: RenderedChart[] = [];
  for (const construct of constructs)
    if ('lateChange' in construct) construct.lateChange = lateChange(construct, options);
  try {
    for (const { chart, objects } of orderObjects(constructs)) {
      if (chart instanceof ServiceRef) continue;
      if (chart instanceof GeneratedUnit) {
        charts.push(unbuilt(chart, edges));
        continue;
      }
      const one = renderOne(chart, objects, edges, options, findings, origins);
      if (one) charts.push(one);
    }
  } catch (error) {
    // A circle of dependencies.
    findings.push(codeFinding(error, 'the charts cannot be put into an order'));
  }
  return { charts, serviceAfter: edges.serviceAfter, findings, origins };
}

function validate(constructs: readonly IConstruct[]): Finding[] {
  const findings: Finding[] = [];
  for (const construct of constructs) {
    const object = fullPath(construct);
    try {
      for (const message of construct.node.validate())
        findings.push({
          code: 'validation-failed',
          severity: 'error',
          place: { object },
          message: `${object}: ${message}`,
          cause: 'A validation that the construct brings with it (node.addValidation) says so.',
          fix: 'Mend what the message names where the construct is made',
        });
    } catch (error) {
      findings.push(codeFinding(error, `the validation of ${object} failed`));
    }
  }
  return findings;
}

/** What is done to the objects of the construct's chart when it is rendered; what is computed of them asks for it before. */
function lateChange(construct: IConstruct, options: RenderOptions): (object: unknown) => unknown {
  const where = whereOf(Chart.of(construct));
  return (object) => options.transform([object], where)[0];
}

/** Cluster and layer, as a transform is told them. */
function whereOf(chart: Chart): { readonly cluster: string; readonly layer: string } {
  const { cluster, layer } = placeOf(chart);
  const [root, ofPath, folder] = isManifestFile(chart) ? chart.path.split('/') : [];
  const isBelow = root === 'clusters' && ofPath !== undefined;
  return { cluster: cluster?.name ?? (isBelow ? ofPath : ''), layer: layer?.name ?? (isBelow ? (folder ?? '') : '') };
}

function renderOne(
  chart: Chart,
  objects: readonly ApiObject[],
  edges: ChartEdges,
  options: RenderOptions,
  findings: Finding[],
  origins: Origins,
): RenderedChart | undefined {
  const { cluster, layer } = placeOf(chart);
  // A scope of charts, such as a wrapper that only nests others.
  if (objects.length === 0 && !isManifestFile(chart)) return undefined;
  let documents: unknown[];
  try {
    const before = objects.map((object) => rendered(object));
    documents = changed(chart, before, options);
    const isAligned = documents.length === before.length;
    for (const [index, object] of objects.entries())
      origins.add(cluster?.name ?? whereOf(chart).cluster, object, before[index], isAligned && documents[index]);
  } catch (error) {
    findings.push(codeFinding(error, `chart ${fullPath(chart)} cannot be rendered`));
    return undefined;
  }
  const place = isManifestFile(chart) ? undefined : layer;
  return {
    id: idOf(chart),
    ...(cluster ? { cluster: cluster.name } : {}),
    ...(place ? { layer: place.name } : {}),
    files: isManifestFile(chart)
      ? [{ path: chart.path, documents, ...kindOfFile(chart) }]
      : outputFiles(chart, documents, place !== undefined, options),
    releases: releasesOf(chart.node.findAll()),
    after: edges.after(chart),
  };
}

/** What a file computes of its objects (a release's checksum) comes after the changes. */
function changed(chart: Chart, objects: unknown[], options: RenderOptions): unknown[] {
  const where = whereOf(chart);
  if (!isManifestFile(chart)) return options.transform(objects, where);
  if (!isOfObjects(chart)) return chart.transform(objects);
  chart.transformations.push((object) => options.transform([object], where)[0]);
  try {
    return chart.transform(objects);
  } finally {
    // A chart may be rendered again.
    chart.transformations.pop();
  }
}

/** Lists of files, and texts, are no objects. */
const isOfObjects = (file: ManifestFile): boolean => !('documents' in file || 'text' in file || 'isWritten' in file);

function unbuilt(unit: GeneratedUnit, edges: ChartEdges): RenderedChart {
  const { cluster, layer } = placeOf(unit);
  return {
    id: idOf(unit),
    cluster: cluster!.name,
    layer: layer!.name,
    files: [{ path: `${unit.node.path.replaceAll('/', '-')}.yaml`, documents: [] }],
    releases: {},
    after: edges.after(unit),
    generated: unit,
  };
}

/** With the object's place, which the message of a failing value does not have. */
function rendered(object: ApiObject): unknown {
  try {
    return object.toJson();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // cdk8s names a path without cluster and layer.
    const reason = error.message.replace(/^Failed serializing construct at path .*? with name .*?: Error: /, '');
    throw Object.assign(error, { message: `${fullPath(object)}: ${reason}` });
  }
}

/** `apps/gifts`; the path alone where there is no layer. */
function idOf(chart: IConstruct): string {
  const { layer } = placeOf(chart);
  return layer ? `${layer.name}/${chart.node.path}` : chart.node.path;
}

/** From the root, with cluster and layer, which paths below a layer do not have. */
export function fullPath(construct: IConstruct): string {
  const ids: string[] = [];
  for (let scope: IConstruct | undefined = construct; scope; scope = scope.node.scope)
    if (scope.node.id !== '') ids.unshift(scope.node.id);
  return ids.join('/') || 'the app';
}

function placeOf(construct: IConstruct): { readonly cluster?: ClusterScope; readonly layer?: LayerScope } {
  for (let scope = construct.node.scope; scope; scope = scope.node.scope) {
    if (scope instanceof LayerScope) return { cluster: scope.cluster, layer: scope };
    if (scope instanceof ClusterScope) return { cluster: scope };
  }
  return {};
}

/** What charts and services wait for. */
class ChartEdges {
  readonly serviceAfter = new Map<string, Record<string, string[]>>();
  private readonly afters = new Map<IConstruct, Set<string>>();

  constructor(
    constructs: readonly IConstruct[],
    private readonly clusters: readonly ClusterScope[],
    private readonly findings: Finding[],
  ) {
    for (const construct of constructs) for (const target of construct.node.dependencies) this.add(construct, target);
  }

  after(chart: IConstruct): readonly string[] {
    return [...(this.afters.get(chart) ?? [])];
  }

  private add(source: IConstruct, target: IConstruct): void {
    for (const from of chartsOf(source))
      for (const to of target instanceof LayerScope ? [target] : chartsOf(target)) if (from !== to) this.link(from, to);
  }

  private link(from: Chart | ServiceRef, to: Chart | ServiceRef | LayerScope): void {
    const there = to instanceof LayerScope ? to.cluster : placeOf(to).cluster;
    if (from instanceof ServiceRef) {
      const clusters = there ? [there] : this.clusters;
      for (const { name } of clusters) {
        const services = this.serviceAfter.get(name) ?? {};
        this.serviceAfter.set(name, { ...services, [from.name]: [...(services[from.name] ?? []), nameOf(to)] });
      }
      return;
    }
    const here = placeOf(from).cluster;
    if (there && here !== there) {
      this.findings.push({
        code: 'dependency-across-clusters',
        severity: 'error',
        place: { object: fullPath(from) },
        message: `${fullPath(from)} depends on ${fullPath(to)}, which is in another cluster`,
        cause: 'Each cluster applies its own folder: nothing in one waits for another.',
        fix: `Depend on something in ${here ? `cluster "${here.name}"` : 'the same cluster'}, or leave the dependency out`,
      });
      return;
    }
    const known = this.afters.get(from) ?? new Set<string>();
    this.afters.set(from, known.add(nameOf(to)));
  }
}

function nameOf(to: Chart | ServiceRef | LayerScope): string {
  if (to instanceof LayerScope) return `layer:${to.name}`;
  return to instanceof ServiceRef ? to.name : idOf(to);
}

/** The chart that a construct is in, or all charts below it. */
function chartsOf(construct: IConstruct): (Chart | ServiceRef)[] {
  for (let scope: IConstruct | undefined = construct; scope; scope = scope.node.scope)
    if (Chart.isChart(scope)) return [scope];
  return construct.node.findAll().filter((one): one is Chart => Chart.isChart(one));
}
