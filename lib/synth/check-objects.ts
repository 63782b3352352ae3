import { type Catalog, resolveCluster } from '../catalog';
import { type Finding, JsonSource, type Place } from '../findings';
import { isFields } from '../kube';
import { type CatalogSilence, type KeptReports, runPreflight, type StoredReport } from '../preflight';
import { buildWorld, describeEntry, type WorldInput } from '../world';
import { type Recheck, recheckOf } from './recheck';
import type { CheckedObject, CheckOutcome, CheckRequest } from './synthesize';

/** The catalog that the objects come from: findings are shown there. */
export interface CheckedCatalog {
  readonly catalog: Catalog;
  readonly text: string;
  /** As findings shall name it. */
  readonly file: string;
}

export interface CheckResult extends CheckOutcome {
  /** Milliseconds a rule, all clusters together, slowest first; empty without a clock. */
  readonly timings: readonly { readonly rule: string; readonly milliseconds: number }[];
}

/** What a check keeps for the next one: what rules reported, by cluster. */
interface KeptCheck {
  readonly reports: Readonly<Record<string, readonly StoredReport[]>>;
}

/**
 * Preflight of what a catalog gives, cluster by cluster. A finding about a service is shown at the service in the
 * catalog, one about the platform at the file that would be written. Where the last check can be built on, only what changed
 * and what touches it is looked at.
 */
export function checkObjects(request: CheckRequest, checked: CheckedCatalog, clock?: () => number): CheckResult {
  const kept = request.last?.kept as KeptCheck | undefined;
  const recheck = request.last && recheckOf(request.units, request.last.changed);
  const byCluster = new Map<string, CheckedObject[]>(checked.catalog.clusters.map(({ name }) => [name, []]));
  for (const object of request.objects(recheck?.units)) byCluster.get(object.cluster)?.push(object);
  const places = new ServicePlaces(checked);
  const findings: Finding[] = [];
  const reports: Record<string, readonly StoredReport[]> = {};
  const timings = new Map<string, number>();
  let hasAnnotations = false;
  for (const [cluster, list] of byCluster) {
    const last = recheck && kept && keptReports(cluster, kept, recheck, places);
    const result = checkCluster(cluster, list, checked, places, last, clock);
    findings.push(...result.findings);
    reports[cluster] = result.reports;
    hasAnnotations ||= result.hasAnnotations;
    for (const { rule, milliseconds } of result.timings) timings.set(rule, (timings.get(rule) ?? 0) + milliseconds);
  }
  return {
    findings,
    // Silences in annotations are judged by the whole tree.
    ...(hasAnnotations ? {} : { keep: { reports } satisfies KeptCheck }),
    timings: [...timings]
      .map(([rule, milliseconds]) => ({ rule, milliseconds }))
      .sort((a, b) => b.milliseconds - a.milliseconds),
  };
}

function keptReports(cluster: string, kept: KeptCheck, recheck: Recheck, places: ServicePlaces): KeptReports {
  return {
    reports: kept.reports[cluster] ?? [],
    isStale: (file) => recheck.staleFiles.has(file),
    place: ({ file, object, words: { pointer = '' } }) => {
      const service = recheck.serviceOfFile.get(file);
      const place = service === undefined ? { file, cluster, pointer } : places.of(service, cluster);
      return { ...place, object };
    },
  };
}

function checkCluster(
  cluster: string,
  objects: readonly CheckedObject[],
  { catalog }: CheckedCatalog,
  places: ServicePlaces,
  kept: KeptReports | undefined,
  clock: (() => number) | undefined,
) {
  const { platform, services } = resolveCluster(catalog, cluster);
  const objectsOfService = new Map<string, string[]>();
  const inputs = objects.filter(isManifest).map(({ object, unit, file, position: order }): WorldInput => {
    const service = serviceOf(unit);
    if (service === undefined) return { object, place: { file, cluster }, order, cluster };
    const place = () => places.of(service, cluster);
    const { kind, metadata } = object;
    const name = describeEntry({ kind, namespace: metadata.namespace ?? platform.namespace, name: metadata.name });
    const known = objectsOfService.get(service);
    if (known) known.push(name);
    else objectsOfService.set(service, [name]);
    return { object, place, file, order, cluster };
  });
  const requestsPerSecond = Object.fromEntries(
    services.flatMap(({ name, traffic }) =>
      traffic ? [[`${platform.namespace}/${name}`, traffic.requestsPerSecond] as const] : [],
    ),
  );
  const ignores = services.flatMap(({ name, preflight }) =>
    (preflight?.ignore ?? []).map(
      ({ code, reason }, index): CatalogSilence => ({
        code,
        reason,
        owner: `service "${name}"`,
        objects: objectsOfService.get(name) ?? [],
        place: places.of(name, cluster, `/preflight/ignore/${index}`),
      }),
    ),
  );
  const world = buildWorld(inputs, { defaultNamespace: platform.namespace, requestsPerSecond });
  return runPreflight(world, { ignores, ...(kept ? { kept } : {}), ...(clock ? { clock } : {}) });
}

/** kustomize's own files configure the build and never reach the cluster. */
function isManifest({ object }: CheckedObject): boolean {
  return isFields(object.metadata) && !String(object.apiVersion).startsWith('kustomize.config.k8s.io/');
}

/** The service of a unit `production/apps/frontend`. */
function serviceOf(unit: string): string | undefined {
  return /^[^/]+\/apps\/(.+)$/.exec(unit)?.[1];
}

/** Where the services are in the catalog; the text is read at the first question. */
class ServicePlaces {
  private readonly source: JsonSource;
  private readonly pointers: ReadonlyMap<string, string>;
  private readonly file: string;

  constructor({ catalog, text, file }: CheckedCatalog) {
    this.source = new JsonSource(text);
    this.pointers = new Map(catalog.services.map(({ name }, index) => [name, `/services/${index}`]));
    this.file = file;
  }

  of(service: string, cluster: string, below = ''): Place {
    const pointer = `${this.pointers.get(service) ?? ''}${below}`;
    return { file: this.file, ...this.source.locate(pointer), pointer, cluster };
  }
}
