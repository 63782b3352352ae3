import {
  type Catalog,
  type ResolvedCluster,
  type ResolvedService,
  resolveCluster,
  writablePlace,
  writtenPlace,
} from '../catalog';
import { alreadyInstalled, catalogPath, parseRawFile, serviceOfUnit, serviceUnit } from '../charts';
import { type Edit, type Finding, fromPointer, inClusters, type Place, sharedFindings, toPointer } from '../findings';
import { atPath, isFields, type KubeObject } from '../kube';
import {
  type CatalogSilence,
  type KeptReports,
  type Promql,
  parsedShapes,
  recallShapes,
  runPreflight,
  type StoredReport,
} from '../preflight';
import { describeEntry, WorldBuilder, type WorldInput } from '../world';
import type { ServiceCure } from './catalog-edits';
import { type CatalogPlaces, type CheckedCatalog, placesOf } from './checked-catalog';
import { Mentions } from './mentions';
import { type Recheck, recheckOf } from './recheck';
import type { CheckedObject, CheckOutcome, CheckRequest } from './synthesize';

/** How a tree is checked. */
export interface CheckOptions {
  /** Milliseconds, for the profile of the rules. */
  readonly clock?: () => number;
  /** Whether findings shall carry the changes of the catalog that cure them; not for kept ones. @default false */
  readonly withEdits?: boolean;
}

/** What a check has found, and what each rule cost. */
export interface CheckResult extends CheckOutcome {
  /** Milliseconds a rule, all clusters together, slowest first; empty without a clock. */
  readonly timings: readonly { readonly rule: string; readonly milliseconds: number }[];
}

/** What a check keeps for the next one: what rules reported, by cluster. */
interface KeptCheck {
  readonly reports: Readonly<Record<string, readonly StoredReport[]>>;
  /** Clusters in which all calls were known: whether they are decides what is said of every service. */
  readonly whole: readonly string[];
  /** Queries as they were parsed. */
  readonly shapes: readonly Promql[];
}

/**
 * Preflight of what a catalog gives, cluster by cluster. A finding about a service is shown at the service in the
 * catalog, one about the platform at the file that would be written. Where the last check can be built on, only what changed
 * and what touches it is looked at.
 */
export function checkObjects(
  request: CheckRequest,
  checked: CheckedCatalog,
  { clock, withEdits = false }: CheckOptions = {},
): CheckResult {
  const kept = request.last?.kept as KeptCheck | undefined;
  if (kept) recallShapes(kept.shapes);
  const mentions = request.last && Mentions.of(checked);
  const places = new ServicePlaces(checked);
  const clusters = new Map(
    checked.catalog.clusters.map(({ name }) => [name, new ClusterCheck(name, checked, places, withEdits)]),
  );
  const whole = [...clusters].flatMap(([name, { knowsAllCalls }]) => (knowsAllCalls ? [name] : []));
  const recheck =
    mentions && String(kept?.whole) === String(whole)
      ? recheckOf(request.units, request.last.changed, mentions)
      : undefined;
  const management = new ManagementCheck();
  const reported = recheck && kept ? reportedUnits(kept, recheck, clusters) : new Set<string>();
  for (const object of request.objects(recheck && new Set([...recheck.units, ...reported]))) {
    const check = clusters.get(object.cluster);
    if (!check) management.add(object);
    if (!recheck || recheck.units.has(object.unit)) check?.add(object);
    if (reported.has(object.unit)) check?.keep(object);
  }
  const all: Finding[] = [];
  const cures: ServiceCure[] = [];
  const silences = new Map<string, number>();
  const reports: Record<string, readonly StoredReport[]> = {};
  const timings = new Map<string, number>();
  let hasAnnotations = false;
  for (const [cluster, check] of clusters) {
    const last = recheck && kept && keptReports(check, kept, recheck);
    const result = check.run(last, clock);
    all.push(...result.findings);
    if (withEdits) cures.push(...result.cures);
    for (const { place } of result.ignores) silences.set(silenceAt(place), (silences.get(silenceAt(place)) ?? 0) + 1);
    reports[cluster] = result.reports;
    hasAnnotations ||= result.hasAnnotations;
    for (const { rule, milliseconds } of result.timings) timings.set(rule, (timings.get(rule) ?? 0) + milliseconds);
  }
  all.push(...management.run());
  const each = onlyUnusedEverywhere(all, silences);
  const findings = sharedFindings(withEdits ? withCures(checked.catalog, each, cures) : each);
  const shown = sharedFields(
    findings.map((shared) => inClusters(shared, clusters.size)),
    withEdits,
  );
  return {
    findings: checked.places ? localized(shown, checked.places) : shown,
    // Silences in annotations are judged by the whole tree.
    ...(hasAnnotations ? {} : { keep: { reports, whole, shapes: parsedShapes() } satisfies KeptCheck }),
    timings: [...timings]
      .map(([rule, milliseconds]) => ({ rule, milliseconds }))
      .sort((a, b) => b.milliseconds - a.milliseconds),
  };
}

/** Pointers into the catalog as those of its files. */
function localized(findings: readonly Finding[], places: CatalogPlaces): Finding[] {
  return findings.map((finding) => {
    const { file, line, pointer } = finding.place;
    if (pointer === undefined || line === undefined) return finding;
    const at = places.partOf(pointer);
    // A finding about a file of the tree, or of somebody's own manifests, has another one.
    return at.file === file ? { ...finding, place: { ...finding.place, pointer: at.pointer } } : finding;
  });
}

/** More names nobody reads. */
const MAX_NAMED = 5;

/**
 * What a default or a cluster's default says of many services is one finding at that field, with the others named. Not where
 * findings are cured: each brings its own cure.
 */
function sharedFields(findings: readonly Finding[], withEdits: boolean): Finding[] {
  if (withEdits) return [...findings];
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const { pointer = '', file, cluster } = finding.place;
    const isShared = /^\/(defaults|clusters\/\d+\/defaults)\//.test(pointer);
    const key = isShared ? `${finding.severity} ${finding.code} ${file} ${pointer} ${cluster}` : `${groups.size} own`;
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()].map(([first, ...more]) => {
    const objects = [...new Set(more.flatMap(({ place }) => place.object ?? []))].filter(
      (object) => object !== first!.place.object,
    );
    if (objects.length === 0) return first!;
    const named = objects.slice(0, MAX_NAMED).join(', ');
    return {
      ...first!,
      message: `${first!.message} (and ${objects.length} more: ${named}${objects.length > MAX_NAMED ? ', …' : ''})`,
    };
  });
}

const silenceAt = ({ pointer = '' }: Place): string => pointer;

/** A silence that serves in one cluster is not unused because another does not need it; and is told of once. */
function onlyUnusedEverywhere(findings: readonly Finding[], silences: ReadonlyMap<string, number>): Finding[] {
  const unused = new Map<string, number>();
  return findings.filter(({ code, place }) => {
    const clusters = code === 'ignore-unused' ? silences.get(silenceAt(place)) : undefined;
    if (clusters === undefined) return true;
    const count = (unused.get(silenceAt(place)) ?? 0) + 1;
    unused.set(silenceAt(place), count);
    return count === clusters;
  });
}

function withCures(catalog: Catalog, findings: readonly Finding[], cures: readonly ServiceCure[]): Finding[] {
  // Loaded here: a synth does not need it.
  const { catalogEdits } = require('./catalog-edits') as typeof import('./catalog-edits');
  const edits = catalogEdits(catalog, cures);
  return findings.map((finding) => {
    const own = edits.get(finding) ?? silenceEdits(catalog, finding);
    return own ? { ...finding, edits: own } : finding;
  });
}

/** A silence of one service that does nothing goes; a misspelt one is spelt right. */
function silenceEdits(catalog: Catalog, { code, nearest, place: { pointer = '' } }: Finding): Edit[] | undefined {
  const [, at, index, item] = /^(\/services\/(\d+)\/preflight)\/ignore\/(\d+)$/.exec(pointer) ?? [];
  if (code !== 'ignore-unused' || at === undefined || item === undefined) return undefined;
  if (nearest !== undefined) return [{ pointer: `${pointer}/code`, value: nearest }];
  const isOnly = catalog.services[Number(index)]?.preflight?.ignore.length === 1;
  return [{ pointer: isOnly ? at : pointer, remove: true }];
}

/** The units of services with a finding that is kept: their objects tell where the catalog says its field. */
function reportedUnits(
  { reports }: KeptCheck,
  { serviceOfFile, staleFiles }: Recheck,
  clusters: ReadonlyMap<string, ClusterCheck>,
): ReadonlySet<string> {
  const units = new Set<string>();
  for (const [cluster, check] of clusters)
    for (const { file, groupFile, words } of reports[cluster] ?? []) {
      const service = serviceOfFile.get(file);
      if (service !== undefined && words.pointer && !staleFiles.has(groupFile)) units.add(check.unitOf(service));
    }
  return units;
}

function keptReports(check: ClusterCheck, { reports }: KeptCheck, { serviceOfFile, staleFiles }: Recheck): KeptReports {
  const { cluster } = check;
  return {
    reports: reports[cluster] ?? [],
    isStale: (file) => staleFiles.has(file),
    place: ({ file, object, words: { pointer = '' } }) => {
      const service = serviceOfFile.get(file);
      const place =
        service === undefined
          ? check.keptPlace(file, object, pointer)
          : check.placeOf(service, pointer, check.kept.get(object));
      return { ...place, object };
    },
  };
}

/** The check of one cluster: takes its objects in one after the other, then runs. */
class ClusterCheck {
  private readonly resolved: ResolvedCluster;
  private readonly raw: CheckedCatalog['raw'];
  private readonly builder: WorldBuilder;
  /** By service with silences: the objects for which they hold. */
  private readonly silenced: ReadonlyMap<string, string[]>;
  private readonly serviceOfObject = new Map<object, string>();
  /** Objects about which findings are kept, by their names. */
  readonly kept = new Map<string, KubeObject>();
  /** Whether every service says whom it calls besides. */
  readonly knowsAllCalls: boolean;
  /** Objects of a unit come one after the other. */
  private last:
    | { readonly unit: string; readonly service: string | undefined; readonly place: WorldInput['place'] }
    | undefined;

  constructor(
    readonly cluster: string,
    { catalog, raw }: CheckedCatalog,
    private readonly places: ServicePlaces,
    private readonly withEdits: boolean,
  ) {
    this.raw = raw;
    this.resolved = resolveCluster(catalog, cluster);
    const { platform, services } = this.resolved;
    const silenced = new Map<string, string[]>();
    const requestsPerSecond: Record<string, number> = {};
    for (const { name, namespace = platform.namespace, preflight, traffic } of services) {
      if (preflight) silenced.set(name, []);
      if (traffic) requestsPerSecond[`${namespace}/${name}`] = traffic.requestsPerSecond;
    }
    this.silenced = silenced;
    this.knowsAllCalls = services.every(({ calls }) => calls !== undefined);
    this.builder = new WorldBuilder({
      defaultNamespace: platform.namespace,
      requestsPerSecond,
      knowsAllCalls: this.knowsAllCalls,
      judgesSteps: true,
      exists: alreadyInstalled(platform),
    });
  }

  add(checked: CheckedObject): void {
    if (!isManifest(checked)) return;
    const { cluster } = this;
    const { object, unit, file, position: order } = checked;
    if (this.last?.unit !== unit) {
      const service = serviceOfUnit(unit);
      this.last = {
        unit,
        service,
        place: service === undefined ? { file, cluster } : (pointer, of) => this.placeOf(service, pointer, of),
      };
    }
    const { service, place } = this.last;
    if (service === undefined) {
      const raw = this.rawPlace(file, object);
      this.builder.add({ object, place: raw ?? { file, cluster }, file, order, cluster });
      return;
    }
    this.silenced.get(service)?.push(this.describe(object));
    if (this.withEdits) this.serviceOfObject.set(object, service);
    this.builder.add({ object, place, file, order, cluster });
  }

  /** Of an object of somebody's own manifests: where it is written, beside the catalog. */
  private rawPlace(file: string, object: KubeObject): ((pointer: string) => Place) | undefined {
    const name = this.raw && parseRawFile(file);
    if (name === undefined) return undefined;
    const written = this.raw!.objects.get(name)?.find((one) => this.describe(one.object) === this.describe(object));
    return written && ((pointer) => ({ ...written.place(pointer, object), cluster: this.cluster }));
  }

  /** The place of a kept finding about an object that is not a service's. */
  keptPlace(file: string, described: string, pointer: string): Place {
    const name = this.raw && parseRawFile(file);
    const written = name === undefined ? undefined : this.raw!.objects.get(name);
    const one = written?.find(({ object }) => this.describe(object) === described);
    return one
      ? { ...one.place(pointer, one.object), cluster: this.cluster }
      : { file, cluster: this.cluster, pointer };
  }

  /** Remembers an object about which a finding is kept. */
  keep(checked: CheckedObject): void {
    if (isManifest(checked)) this.kept.set(this.describe(checked.object), checked.object);
  }

  /** `Kind namespace/name` of an object of a service. */
  private describe({ kind, metadata }: KubeObject): string {
    const namespace = metadata.namespace ?? this.resolved.platform.namespace;
    return describeEntry({ kind, namespace, name: metadata.name });
  }

  unitOf(service: string): string {
    return serviceUnit(this.cluster, service);
  }

  /** Where the catalog says a field of an object of a service; the service itself where it does not. */
  placeOf(name: string, pointer: string, object: KubeObject | undefined): Place {
    const service = this.services.get(name);
    const whole = this.places.of(name, this.cluster);
    if (!service || !object || pointer === '') return whole;
    const patch = this.places.ofPatch(object, pointer, this.resolved);
    if (patch?.isWhole) return patch.place;
    const path = catalogPath(object, fromPointer(pointer), service);
    return (path && this.places.ofField(service, this.resolved, path)) ?? patch?.place ?? whole;
  }

  /** Made at the first finding. */
  private get services(): ReadonlyMap<string, ResolvedService> {
    this.byName ??= new Map(this.resolved.services.map((service) => [service.name, service]));
    return this.byName;
  }
  private byName: ReadonlyMap<string, ResolvedService> | undefined;

  run(kept: KeptReports | undefined, clock: CheckOptions['clock']) {
    const { cluster, serviceOfObject } = this;
    const ignores = this.ignores();
    const world = this.builder.build();
    const result = runPreflight(world, { ignores, ...(kept ? { kept } : {}), ...(clock ? { clock } : {}) });
    const cures = [...result.cures].flatMap(([finding, edits]): ServiceCure[] => {
      const service = edits[0] && serviceOfObject.get(edits[0].entry.object);
      const isOne = edits.every(({ entry }) => serviceOfObject.get(entry.object) === service);
      return service === undefined || !isOne ? [] : [{ finding, cluster, service, edits }];
    });
    return { ...result, cures, ignores };
  }

  private ignores(): CatalogSilence[] {
    return this.resolved.services.flatMap((service) =>
      (service.preflight?.ignore ?? []).map(
        ({ code, reason }, index): CatalogSilence => ({
          code,
          reason,
          owner: `service "${service.name}"`,
          objects: this.silenced.get(service.name) ?? [],
          place: this.places.ofSilence(service, this.resolved, index),
        }),
      ),
    );
  }
}

/** What makes the clusters themselves: a world each, as different clusters of management may apply them. */
class ManagementCheck {
  private readonly builders = new Map<string, WorldBuilder>();

  add(checked: CheckedObject): void {
    const { object, file, position: order, cluster } = checked;
    if (cluster === '' || !isManifest(checked)) return;
    const builder = this.builders.get(cluster) ?? new WorldBuilder();
    this.builders.set(cluster, builder);
    builder.add({ object, place: { file, cluster }, file, order, cluster });
  }

  run(): Finding[] {
    return [...this.builders.values()].flatMap((builder) => [...runPreflight(builder.build()).findings]);
  }
}

/** kustomize's own files configure the build and never reach the cluster. */
function isManifest({ object }: CheckedObject): boolean {
  return isFields(object.metadata) && !String(object.apiVersion).startsWith('kustomize.config.k8s.io/');
}

/** Where the services are in the catalog; the text is read at the first question. */
class ServicePlaces {
  private readonly source: Pick<CatalogPlaces, 'locate'>;
  private readonly pointers: ReadonlyMap<string, string>;
  private readonly catalog: Catalog;

  constructor(checked: CheckedCatalog) {
    const { catalog } = checked;
    this.catalog = catalog;
    this.source = placesOf(checked);
    this.pointers = new Map(catalog.services.map(({ name }, index) => [name, `/services/${index}`]));
  }

  of(service: string, cluster: string): Place {
    return this.at(this.pointers.get(service) ?? '', cluster);
  }

  /** Where a field of the service is written: at the service, in an override or in the defaults. */
  ofField(service: ResolvedService, cluster: ResolvedCluster, path: readonly (string | number)[]): Place | undefined {
    const written = writtenPlace(this.catalog, cluster, service, path);
    return written && this.at(toPointer(written.map(String)), cluster.name);
  }

  /** The last operation of a patch that writes the field (`isWhole`), or a part of it. */
  ofPatch(
    object: KubeObject,
    pointer: string,
    { patches, name }: ResolvedCluster,
  ): { readonly place: Place; readonly isWhole: boolean } | undefined {
    let part: { readonly place: Place; readonly isWhole: boolean } | undefined;
    for (const patch of patches.toReversed()) {
      const { target, operations } = patch;
      if (target.kind !== object.kind || target.name !== object.metadata.name) continue;
      for (const [index, { path }] of [...operations.entries()].reverse()) {
        const relation = relationOf(fromPointer(path), fromPointer(pointer), object);
        if (relation === undefined || (relation === 'below' && part)) continue;
        const at = `/patches/${this.catalog.patches!.indexOf(patch)}/operations/${index}`;
        const found = { place: this.at(at, name), isWhole: relation === 'above' };
        if (found.isWhole) return found;
        part = found;
      }
    }
    return part;
  }

  /** Where the silence is written: at the service, in an override or in the defaults. */
  ofSilence(service: ResolvedService, cluster: ResolvedCluster, index: number): Place {
    const { path } = writablePlace(this.catalog, cluster, service, ['preflight', 'ignore', index]);
    return this.at(toPointer(path.map(String)), cluster.name);
  }

  private at(pointer: string, cluster: string): Place {
    // The pointer is that of the whole catalog, by which findings are told apart; `localized` makes it that of the file.
    return { ...this.source.locate(pointer), pointer, cluster };
  }
}

/** Whether what is written at a path is the asked field or holds it, or lies below it; `-` is the last item of a list. */
function relationOf(
  written: readonly string[],
  asked: readonly string[],
  object: KubeObject,
): 'above' | 'below' | undefined {
  const isSame = (part: string, index: number): boolean =>
    index >= asked.length ||
    part === asked[index] ||
    (part === '-' && Number(asked[index]) === lengthAt(object, asked.slice(0, index)) - 1);
  if (!written.every(isSame)) return undefined;
  return written.length <= asked.length ? 'above' : 'below';
}

function lengthAt(object: KubeObject, path: readonly string[]): number {
  const list = atPath(object, path);
  return Array.isArray(list) ? list.length : 0;
}
