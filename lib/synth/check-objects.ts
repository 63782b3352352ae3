import { type Catalog, resolveCluster } from '../catalog';
import { type Finding, JsonSource, type Place } from '../findings';
import { isFields } from '../kube';
import { type CatalogSilence, runPreflight } from '../preflight';
import { buildWorld, describeEntry, type WorldInput } from '../world';
import type { CheckedObject } from './synthesize';

/** The catalog that the objects come from: findings are shown there. */
export interface CheckedCatalog {
  readonly catalog: Catalog;
  readonly text: string;
  /** As findings shall name it. */
  readonly file: string;
}

export interface CheckResult {
  readonly findings: readonly Finding[];
  /** Milliseconds a rule, all clusters together, slowest first; empty without a clock. */
  readonly timings: readonly { readonly rule: string; readonly milliseconds: number }[];
}

/**
 * Preflight of what a catalog gives, cluster by cluster. A finding about a service is shown at the service in the
 * catalog, one about the platform at the file that would be written.
 */
export function checkObjects(
  objects: Iterable<CheckedObject>,
  checked: CheckedCatalog,
  clock?: () => number,
): CheckResult {
  const byCluster = new Map<string, CheckedObject[]>();
  for (const object of objects) {
    const list = byCluster.get(object.cluster);
    if (list) list.push(object);
    else byCluster.set(object.cluster, [object]);
  }
  const places = new ServicePlaces(checked);
  const findings: Finding[] = [];
  const timings = new Map<string, number>();
  for (const [cluster, list] of byCluster) {
    const result = checkCluster(cluster, list, checked, places, clock);
    findings.push(...result.findings);
    for (const { rule, milliseconds } of result.timings) timings.set(rule, (timings.get(rule) ?? 0) + milliseconds);
  }
  return {
    findings,
    timings: [...timings]
      .map(([rule, milliseconds]) => ({ rule, milliseconds }))
      .sort((a, b) => b.milliseconds - a.milliseconds),
  };
}

function checkCluster(
  cluster: string,
  objects: readonly CheckedObject[],
  { catalog }: CheckedCatalog,
  places: ServicePlaces,
  clock: (() => number) | undefined,
) {
  const { platform, services } = resolveCluster(catalog, cluster);
  const objectsOfService = new Map<string, string[]>();
  const inputs = objects.filter(isManifest).map(({ object, unit, file }): WorldInput => {
    const service = serviceOf(unit);
    if (service === undefined) return { object, place: { file, cluster }, cluster };
    const place = () => places.of(service, cluster);
    const { kind, metadata } = object;
    const name = describeEntry({ kind, namespace: metadata.namespace ?? platform.namespace, name: metadata.name });
    const known = objectsOfService.get(service);
    if (known) known.push(name);
    else objectsOfService.set(service, [name]);
    return { object, place, file, cluster };
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
  return runPreflight(world, { ignores, ...(clock ? { clock } : {}) });
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
