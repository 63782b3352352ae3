import { platformNamespaces } from '../catalog';
import type { Finding } from '../findings';
import {
  apiGroup,
  atPath,
  type ClusterObjects,
  type Fields,
  fieldsAt,
  isClusterScoped,
  isFields,
  type KubeObject,
  listAt,
  objectKey,
  podSecurityViolations,
} from '../kube';
import { type BesideDraft, besideServices } from './beside';
import { madeByCluster, withoutServerFields } from './clean';
import { canaryOverlay } from './draft/canary';
import { compact, type Draft } from './draft/pick';
import { type DraftContext, draftService, type ProtocolNote, type ServiceDraft } from './draft/service';
import { type GroupedObjects, groupObjects, isWorkload, type ServiceObjects } from './group';
import { reachable, withMakers } from './makers';
import { liftDefaults, mergeDrafts } from './merge-drafts';
import { type Operation, operationsFor } from './patches';
import { type AdoptedPlatform, ENFORCE, installedByPlatform, namespaceMetadata, platformFacts } from './platform-facts';
import { addressesIn, calleesOf, textReference, textsOf } from './references';
import { type Verified, verify } from './verify';

/** What a catalog makes, for the comparison. */
export interface Synthesized {
  /** Errors and warnings about the catalog. */
  readonly findings: readonly Finding[];
  /** Of the services' files alone; undefined when an error stopped it. */
  readonly clusters?: readonly ClusterObjects[];
}

/** What adoption needs of others. */
export interface AdoptOptions {
  /** Reads a catalog's text and renders what it makes. */
  readonly synthesize: (text: string) => Synthesized;
  /** The repository that Flux watches. @default an address to replace */
  readonly gitopsUrl?: string;
  /** Name of a cluster that no manifest names. @default production */
  readonly cluster?: string;
  /** Namespace of objects that name none. @default default */
  readonly namespace?: string;
  /** The namespace of the catalog that is there: services of others say theirs. @default that of most workloads */
  readonly platformNamespace?: string;
  /** Protocols that somebody has said, by `service:port`. */
  readonly protocols?: Readonly<Record<string, string>>;
  /** Kustomizations of Flux that apply what is adopted, by `namespace/name`: the tree has its own in their place. */
  readonly appliers?: ReadonlySet<string>;
  /** Folder of the objects that the catalog cannot say. @default manifests */
  readonly rawFolder?: string;
}

/** An object that goes to the raw lane as it is. */
export interface RawObject {
  /** Below the raw folder. */
  readonly path: string;
  readonly object: KubeObject;
  readonly clusters: readonly string[];
  /** Why no field of the catalog says it. */
  readonly reason: string;
}

/** One object of theirs, and what became of it. */
export interface AdoptedObject {
  readonly cluster: string;
  readonly object: KubeObject;
  readonly as: 'typed' | 'patched' | 'raw' | 'secret' | 'platform';
  readonly service?: string;
  /** Why it is no typed one. */
  readonly reason?: string;
  readonly verified?: Verified;
}

/** The result, before anything is written. */
export interface Adoption {
  readonly catalog: Draft;
  readonly raw: readonly RawObject[];
  readonly objects: readonly AdoptedObject[];
  /** Objects that a cluster made, by reason. */
  readonly leftOut: readonly { readonly object: KubeObject; readonly reason: string }[];
  readonly guesses: readonly ProtocolNote[];
  /** Istio is among the objects. */
  readonly bringsIstio: boolean;
  /** Secrets that somebody has to make: their values stood in the manifests. */
  readonly secrets: readonly { readonly service: string; readonly name: string; readonly keys: readonly string[] }[];
  /** What the catalog's own checks say of the result. */
  readonly findings: readonly Finding[];
  /** Fields that are said by nothing of the result: none, or it is our bug. */
  readonly lost: readonly { readonly object: KubeObject; readonly cluster: string; readonly path: string }[];
}

/** A catalog that makes what the clusters hold, and what it cannot say beside it. */
export function adopt(given: readonly ClusterObjects[], options: AdoptOptions): Adoption {
  return new Adopter(given, options).run();
}

interface Cluster {
  readonly name: string;
  readonly objects: readonly KubeObject[];
  readonly grouped: GroupedObjects;
  /** Names of the workloads whose address stands in its containers, or in ConfigMaps that they refer to. */
  readonly calls: (group: ServiceObjects) => ReadonlySet<string>;
  /** What else its services say, in lists of their own. */
  readonly beside: ReadonlyMap<ServiceObjects, readonly BesideDraft[]>;
}

class Adopter {
  private readonly leftOut: { object: KubeObject; reason: string }[] = [];
  private readonly clusters: readonly Cluster[];
  private readonly platform: AdoptedPlatform;
  private readonly namespace: string;
  /** Namespaces that the platform needs for itself: what is in them stays as it is. */
  private readonly reserved: ReadonlySet<string>;
  private readonly guesses: ProtocolNote[] = [];
  /** Variables and words that are a secret, by service: they become references to a Secret that somebody makes. */
  private readonly secrets = new Map<string, Set<string>>();
  /** Services that the catalog refuses, by name: their objects go to the raw lane. */
  private readonly refused = new Map<string, string>();
  /** Objects that no service can make before all others need it, by kind, namespace and name. */
  private readonly orphaned = new Set<string>();
  /** Why a service is no canary of the catalog, by name: its Canary stays as it is. */
  private readonly uncanaried = new Map<string, string>();
  /** What the fields of a canary do not say, by cluster and name. */
  private readonly overlays = new Map<string, Draft>();
  /** Objects in whose place the platform has its own, by kind, namespace and name, with the reason. */
  private readonly replaced = new Map<string, string>();
  /** Objects that the lists of a service cannot say, or not with all their fields: they stay as they are. */
  private readonly unsaid = new Set<string>();

  constructor(
    given: readonly ClusterObjects[],
    private readonly options: AdoptOptions,
  ) {
    const known = new Map<string, string>();
    this.clusters = given.map(({ cluster, objects }, index) => {
      const cleaned: KubeObject[] = [];
      for (const { object } of objects) {
        const reason = madeByCluster(object);
        if (reason === undefined)
          cleaned.push(inNamespace(withoutServerFields(object), options.namespace ?? 'default'));
        else this.leftOut.push({ object, reason });
      }
      const name = clusterName(
        cluster ?? options.cluster ?? (given.length === 1 ? 'production' : `cluster-${index + 1}`),
      );
      const last = lastOfEach(cleaned);
      const grouped = groupObjects(last, known);
      const calls = callsAmong(grouped.services, last);
      const made = withMakers(grouped, calls);
      return {
        name,
        objects: last,
        grouped: made,
        calls,
        beside: besideServices(made, reachable(made.services, calls)),
      };
    });
    this.platform = platformFacts(this.clusters.flatMap(({ objects }) => objects));
    const { mesh, prometheus } = this.platform;
    for (const { objects } of this.clusters)
      for (const object of objects) {
        const installed = installedByPlatform(object, mesh);
        if (installed !== undefined) this.replaced.set(keyOf(object), `the platform installs ${installed}`);
        else if (this.isApplier(object))
          this.replaced.set(keyOf(object), 'what it applies is adopted, and the tree has Kustomizations of its own');
      }
    this.reserved = new Set(platformNamespaces({ namespace: '', gitops: { url: '' }, mesh, prometheus }));
    this.namespace = options.platformNamespace ?? commonNamespace(this.clusters, this.reserved);
  }

  run(): Adoption {
    // A service that the catalog refuses as a whole goes to the raw lane, and the rest is tried again.
    for (let round = 0; ; round++) {
      const catalog = this.catalogOf(new Map());
      const first = this.options.synthesize(JSON.stringify(catalog.text));
      if (!first.clusters && round < 20 && this.takeSecrets(first.findings, catalog.text)) continue;
      if (!first.clusters && round < 20 && this.takeOrphans(first.findings, catalog.text)) continue;
      if (!first.clusters && round < 20 && this.takeUnsaid(first.findings, catalog.text)) continue;
      if (!first.clusters && this.takeCanaries(this.refusedBy(first.findings, catalog.text), catalog)) continue;
      const refused = first.clusters ? [] : this.refusedBy(first.findings, catalog.text);
      if (refused.length > 0 && round < 20) {
        for (const [name, reason] of refused) this.refused.set(name, reason);
        continue;
      }
      if (!first.clusters) return this.unusable(catalog, first.findings);
      return this.finish(catalog, first);
    }
  }

  private isApplier({ apiVersion, kind, metadata }: KubeObject): boolean {
    return (
      kind === 'Kustomization' &&
      apiGroup(apiVersion) === 'kustomize.toolkit.fluxcd.io' &&
      this.options.appliers?.has(`${metadata.namespace}/${metadata.name}`) === true
    );
  }

  /** Notes objects that the tree makes itself. Whether there was a new one. */
  private replacesRaw(made: Index, { raw }: Drafted): boolean {
    const before = this.replaced.size;
    for (const { object, clusters } of raw)
      if (clusters.some((cluster) => made.get(cluster)?.has(keyOf(object))))
        this.replaced.set(keyOf(object), 'the tree makes one of this name itself');
    return this.replaced.size > before;
  }

  /** Patches for what the fields cannot say, and the account of everything. */
  private finish(catalog: Drafted, first: Synthesized): Adoption {
    if (this.replacesRaw(indexOf(first.clusters!), catalog)) return this.run();
    if (this.losesBeside(indexOf(first.clusters!), catalog)) return this.run();
    if (this.overlaysCanaries(indexOf(first.clusters!), catalog)) return this.run();
    const patches = this.patchesFor(first.clusters!, catalog.typed);
    const patched = patches.size === 0 ? catalog : this.catalogOf(patches);
    const second = patches.size === 0 ? first : this.options.synthesize(JSON.stringify(patched.text));
    if (!second.clusters) {
      // What a patch made of a service is refused: the service goes to the raw lane.
      const owners = this.refusedBy(second.findings, patched.text);
      const names =
        owners.length > 0
          ? owners
          : [...patches.keys()].map((name): [string, string] => [name, 'its patches are refused']);
      if (!this.takeCanaries(names, catalog)) for (const [name, reason] of names) this.refused.set(name, reason);
      return this.run();
    }
    const made = indexOf(second.clusters);
    const objects = this.account(made, patched);
    return {
      catalog: patched.text,
      raw: patched.raw,
      objects,
      leftOut: this.leftOut,
      guesses: this.guesses,
      bringsIstio: this.platform.bringsIstio,
      findings: second.findings,
      secrets: [...this.secrets].map(([service, keys]) => ({
        service,
        name: secretName(service),
        keys: [...new Set([...keys].map(secretKey))].sort(),
      })),
      lost: objects.flatMap(({ object, cluster, verified, service, as }) =>
        (as === 'platform' ? [] : (verified?.lost ?? []))
          .filter((one) => !isOnPurpose(object, one.path, made.get(cluster)!, this.secrets.get(service ?? '')))
          .map(({ path }) => ({ object, cluster, path })),
      ),
    };
  }

  private unusable(catalog: Drafted, findings: readonly Finding[]): Adoption {
    return {
      catalog: catalog.text,
      raw: catalog.raw,
      objects: [],
      leftOut: this.leftOut,
      guesses: this.guesses,
      bringsIstio: this.platform.bringsIstio,
      secrets: [],
      findings,
      lost: [],
    };
  }

  private catalogOf(patches: ReadonlyMap<string, readonly Patch[]>): Drafted {
    this.guesses.length = 0;
    const drafts = new Map<string, Map<string, Draft>>();
    const raw = new Map<string, { object: KubeObject; clusters: string[]; reason: string }[]>();
    const typed = new Map<string, string>();
    const keep = (object: KubeObject, cluster: string, reason: string) => {
      const list = raw.get(keyOf(object)) ?? [];
      const same = list.find((one) => JSON.stringify(one.object) === JSON.stringify(object));
      if (same) same.clusters.push(cluster);
      else list.push({ object, clusters: [cluster], reason });
      raw.set(keyOf(object), list);
    };
    for (const { name: cluster, grouped, calls, beside } of this.clusters) {
      const taken = new Set<string>();
      const callees = calleesOf(
        grouped.services.filter(({ name }) => !this.refused.has(name)).map((group) => this.withoutCanary(group)),
      );
      for (const found of grouped.services) {
        const { name } = found;
        const group = this.withoutCanary(this.withoutOrphans(found));
        if (group.account !== found.account)
          keep(found.account!, cluster, 'each service that needs it waits for another one');
        if (group.canary !== found.canary) keep(found.canary!, cluster, this.uncanaried.get(name)!);
        const reason =
          this.refused.get(name) ??
          (taken.has(name) ? `another workload is named "${found.workload.metadata.name}"` : this.cannotBe(group));
        const own = [group.workload, ...group.services, group.account, group.autoscaler, group.budget, group.canary];
        if (reason !== undefined) {
          for (const object of own) if (object) keep(object, cluster, reason);
          continue;
        }
        taken.add(name);
        const context: DraftContext = {
          namespace: this.namespace,
          reference: textReference(callees, group.namespace),
          ...(this.options.protocols && { protocols: this.options.protocols }),
        };
        const drafted = this.withOverlay(cluster, draftService(group, context));
        for (const guess of drafted.guesses)
          if (!this.guesses.some((one) => one.service === guess.service && one.port === guess.port))
            this.guesses.push(guess);
        const called = this.callsOf(drafted.service, calls(found), name);
        const service = this.withoutSecrets(
          called.length === 0 ? drafted.service : { ...drafted.service, calls: called },
        );
        for (const { field, entry, objects } of beside.get(found) ?? []) {
          if (objects.some((object) => this.unsaid.has(keyOf(object)))) continue;
          service[field] = [...((service[field] as Draft[] | undefined) ?? []), entry];
          for (const object of objects) typed.set(`${cluster} ${keyOf(object)}`, name);
        }
        const byCluster = drafts.get(name) ?? new Map<string, Draft>();
        byCluster.set(cluster, service);
        drafts.set(name, byCluster);
        for (const object of own) {
          if (object === undefined) continue;
          if (isTyped(object, group, drafted.service, drafted.typed)) typed.set(`${cluster} ${keyOf(object)}`, name);
          else keep(object, cluster, 'it has another name than its workload');
        }
      }
    }
    const namespaces = new Set([
      this.namespace,
      ...[...drafts.values()].flatMap((byCluster) =>
        [...byCluster.values()].map(({ namespace }) => (namespace as string | undefined) ?? this.namespace),
      ),
    ]);
    for (const { name: cluster, grouped } of this.clusters)
      for (const object of grouped.others) {
        if (isPlainSecret(object) || typed.has(`${cluster} ${keyOf(object)}`) || this.replaced.has(keyOf(object)))
          continue;
        if (object.kind === 'Namespace' && object.metadata.name !== KUBE_SYSTEM && namespaces.has(object.metadata.name))
          typed.set(`${cluster} ${keyOf(object)}`, '');
        else keep(object, cluster, reasonFor(object));
      }
    const files = rawFiles(
      raw,
      this.clusters.map(({ name }) => name),
    );
    return { text: this.textOf(drafts, patches, files, namespaces), raw: files, typed };
  }

  /** Services whose address stands in a text that the catalog keeps as it is. */
  private callsOf(service: Draft, called: ReadonlySet<string>, name: string): string[] {
    const shown = new Set(
      Object.values((service.env ?? {}) as Draft).flatMap((value) =>
        typeof value === 'object' && value !== null && 'service' in value ? [String(value.service)] : [],
      ),
    );
    return [...called].filter((one) => one !== name && !shown.has(one) && !this.isRefused(one)).sort();
  }

  private isRefused(name: string): boolean {
    return this.refused.has(name);
  }

  /** Notes canaries of services that the catalog refuses with them. Whether there was one. */
  private takeCanaries(refused: readonly [string, string][], { typed }: Drafted): boolean {
    const canaried = new Set(
      [...typed].filter(([id]) => id.includes(' flagger.app Canary ')).map(([, service]) => service),
    );
    let isNew = false;
    for (const [name, reason] of refused) {
      if (!canaried.has(name) || this.uncanaried.has(name)) continue;
      this.uncanaried.set(name, reason);
      isNew = true;
    }
    return isNew;
  }

  private withoutCanary(group: ServiceObjects): ServiceObjects {
    if (!group.canary || !this.uncanaried.has(group.name)) return group;
    const { canary: _, ...rest } = group;
    return rest;
  }

  private withOverlay(cluster: string, drafted: ServiceDraft): ServiceDraft {
    const spec = this.overlays.get(`${cluster} ${drafted.service.name}`);
    if (!spec || !drafted.service.canary) return drafted;
    const canary: Record<string, unknown> = { ...(drafted.service.canary as Draft), spec };
    // Lists are replaced as a whole: what they say twice is said once.
    for (const field of ['metrics', 'webhooks']) if (field in fieldsAt(spec, 'analysis')) delete canary[field];
    return { ...drafted, service: { ...drafted.service, canary } };
  }

  /** Lays over each canary what its fields do not say. Whether there was a new one. */
  private overlaysCanaries(made: Index, { typed }: Drafted): boolean {
    let isNew = false;
    for (const { cluster, object, service } of this.typedObjects(typed)) {
      const id = `${cluster} ${service}`;
      const target = object.kind === 'Canary' ? made.get(cluster)?.get(keyOf(object)) : undefined;
      if (!target || this.overlays.has(id)) continue;
      const overlay = canaryOverlay(object.spec, target.spec);
      // A number of pods becomes an autoscaler, which Flagger copies to the primary.
      if (overlay?.autoscalerRef === null && made.get(cluster)?.has(autoscalerKey(object)))
        delete overlay.autoscalerRef;
      if (overlay === undefined || Object.keys(overlay).length === 0) continue;
      this.overlays.set(id, overlay);
      isNew = true;
    }
    return isNew;
  }

  /** Without objects of which nobody can be the maker. */
  private withoutOrphans(group: ServiceObjects): ServiceObjects {
    if (!group.account || !this.orphaned.has(keyOf(group.account))) return group;
    const { account: _, ...rest } = group;
    return rest;
  }

  /** Notes entries of lists that the catalog refuses. Whether there was a new one. */
  private takeUnsaid(findings: readonly Finding[], text: Draft): boolean {
    let isNew = false;
    for (const { severity, place } of findings) {
      const [, entry] =
        /^(.*\/(?:configMaps|claims|access|monitors|ingresses|httpRoutes)\/\d+)(?:\/|$)/.exec(place.pointer ?? '') ??
        [];
      if (severity !== 'error' || entry === undefined) continue;
      const draft = JSON.stringify(atPointer(text, entry));
      if (this.leaveUnsaid((_, own) => JSON.stringify(own) === draft)) isNew = true;
    }
    return isNew;
  }

  /** What a list did not say with all its fields. */
  private losesBeside(made: Index, { typed }: Drafted): boolean {
    const lossy = new Set<KubeObject>();
    for (const { name: cluster, beside } of this.clusters)
      for (const drafts of beside.values())
        for (const { objects } of drafts)
          for (const object of objects)
            if (
              typed.has(`${cluster} ${keyOf(object)}`) &&
              verify(object, made.get(cluster)?.get(keyOf(object))).lost.length > 0
            )
              lossy.add(object);
    return lossy.size > 0 && this.leaveUnsaid((objects) => objects.some((object) => lossy.has(object)));
  }

  private leaveUnsaid(isMeant: (objects: readonly KubeObject[], entry: Draft) => boolean): boolean {
    const before = this.unsaid.size;
    for (const { beside } of this.clusters)
      for (const drafts of beside.values())
        for (const { objects, entry } of drafts)
          if (isMeant(objects, entry)) for (const object of objects) this.unsaid.add(keyOf(object));
    return this.unsaid.size > before;
  }

  /** Notes objects that would have to be there before their maker. Whether there was a new one. */
  private takeOrphans(findings: readonly Finding[], text: Draft): boolean {
    let isNew = false;
    for (const { code, place } of findings) {
      if (code !== 'wave-cycle' && code !== 'made-in-later-wave') continue;
      const name = atPointer(text, place.pointer ?? '');
      if (typeof name !== 'string') continue;
      for (const { grouped } of this.clusters)
        for (const { account } of grouped.services)
          if (account?.metadata.name === name && !this.orphaned.has(keyOf(account))) {
            this.orphaned.add(keyOf(account));
            isNew = true;
          }
      if (this.leaveUnsaid((objects) => objects.some(({ metadata }) => metadata.name === name))) isNew = true;
    }
    return isNew;
  }

  private textOf(
    drafts: ReadonlyMap<string, ReadonlyMap<string, Draft>>,
    patches: ReadonlyMap<string, readonly Patch[]>,
    raw: readonly RawObject[],
    namespaces: ReadonlySet<string>,
  ): Draft {
    const names = this.clusters.map(({ name }) => name);
    const merged = [...drafts].map(([name, byCluster]) => mergeDrafts({ name, byCluster }, names));
    const services = merged.map(({ service }) => service);
    const overridden = new Set(merged.flatMap(({ overrides }) => [...overrides.values()].flatMap(Object.keys)));
    const defaults = liftDefaults(services, overridden);
    const all = [...patches.values()].flat();
    return {
      $schema: './services.schema.json',
      platform: {
        namespace: this.namespace,
        mesh: this.platform.mesh,
        ...this.namespaceFields(namespaces),
        ...(this.platform.prometheus && { prometheus: this.platform.prometheus }),
        gitops: {
          ...(this.platform.gitops ?? { url: 'https://git.example.com/team/gitops.git' }),
          ...(this.options.gitopsUrl !== undefined && { url: this.options.gitopsUrl }),
        },
      },
      clusters: names.map((name) => ({
        name,
        domain: 'example.com',
        flux: { mode: 'gotk' },
        ...overridesOf(merged, name),
        ...(names.length > 1 ? this.manifestsOf(raw, `${name}/`, services) : {}),
      })),
      ...(Object.keys(defaults).length > 0 ? { defaults } : {}),
      services,
      ...(all.length > 0 ? { patches: all } : {}),
      ...this.manifestsOf(raw, '', services),
    };
  }

  /** Levels, labels and annotations of the namespaces of services: as their Namespace says, and as their pods need. */
  private namespaceFields(namespaces: ReadonlySet<string>): Draft {
    const levels = new Map<string, Level>();
    const raise = (namespace: string, level: Level) => {
      if (LEVELS.indexOf(level) > LEVELS.indexOf(levels.get(namespace) ?? 'restricted')) levels.set(namespace, level);
    };
    const found = new Map<string, KubeObject>();
    for (const { grouped } of this.clusters) {
      for (const { namespace, template, name } of grouped.services)
        if (namespace !== KUBE_SYSTEM && namespaces.has(namespace) && !this.refused.has(name))
          raise(namespace, levelOf(template));
      for (const object of grouped.others) {
        const { name, labels } = object.metadata;
        if (object.kind !== 'Namespace' || !namespaces.has(name) || found.has(name)) continue;
        found.set(name, object);
        const level = LEVELS.find((one) => one === labels?.[ENFORCE]);
        if (level) raise(name, level);
      }
    }
    const all = [...namespaces]
      .filter((one) => one !== KUBE_SYSTEM)
      .map((namespace) => levels.get(namespace) ?? 'restricted');
    const own = [...namespaces].flatMap((name): [string, Draft][] => {
      const object = found.get(name);
      const said = (object && namespaceMetadata(object, levels.get(name) ?? 'restricted')) ?? {};
      // The mode names Google's revision, and this Istio is somebody else's.
      const labels =
        this.platform.mesh === 'istio-managed' && name !== KUBE_SYSTEM
          ? { [REVISION]: 'default', ...fieldsAt(said.labels) }
          : said.labels;
      const all = compact({ ...said, labels });
      return all ? [[name, all]] : [];
    });
    return {
      ...(levels.size > 0 && {
        podSecurity: all.every((level) => level === all[0]) ? all[0] : Object.fromEntries(levels),
      }),
      ...(own.length > 0 && { namespaces: Object.fromEntries(own) }),
    };
  }

  /** The folders of objects that go through as they are: what must be there first, and what waits for services. */
  private manifestsOf(raw: readonly RawObject[], folder: string, services: readonly Draft[]): Draft {
    const root = this.options.rawFolder ?? 'manifests';
    const has = (stage: string) => raw.some(({ path }) => path.startsWith(`${folder}${stage}/`));
    const last = lastOf(services);
    const entries = [
      ...(has(EARLY) ? [`${root}/${folder}${EARLY}`] : []),
      ...(has(LATE)
        ? [last === undefined ? `${root}/${folder}${LATE}` : { path: `${root}/${folder}${LATE}`, beside: last }]
        : []),
    ];
    return entries.length === 0 ? {} : { manifests: entries };
  }

  /** Why the workload can be no service, as far as its objects tell. */
  private cannotBe({ workload, namespace }: ServiceObjects): string | undefined {
    if (this.reserved.has(namespace)) return `the namespace ${namespace} belongs to the platform`;
    const containers = (workload as { spec?: { template?: { spec?: { containers?: unknown[] } } } }).spec?.template
      ?.spec?.containers;
    if (workload.kind !== 'CronJob' && (containers?.length ?? 0) === 0) return 'it has no containers';
    return undefined;
  }

  /** Notes which variables and words hold a secret. Whether there was a new one. */
  private takeSecrets(findings: readonly Finding[], text: Draft): boolean {
    let isNew = false;
    for (const { code, place } of findings) {
      const found = code === 'literal-secret' ? secretPlace(place.pointer ?? '', text) : undefined;
      if (!found) continue;
      const known = this.secrets.get(found.service) ?? new Set();
      if (!known.has(found.place)) isNew = true;
      this.secrets.set(found.service, known.add(found.place));
    }
    return isNew;
  }

  /** The service with references in place of secrets. */
  private withoutSecrets(service: Draft): Draft {
    const places = this.secrets.get(String(service.name));
    if (!places) return service;
    const secret = secretName(String(service.name));
    const reference = (key: string) => ({ secret: { name: secret, key } });
    const replaced = (container: Draft, prefix: string): Draft => {
      const env: Draft = {};
      for (const [name, value] of Object.entries(fieldsAt(container.env)))
        env[name] = places.has(`${prefix}env/${name}`) && typeof value === 'string' ? reference(name) : value;
      const changed: Draft = { ...container };
      for (const field of ['command', 'args'])
        if (Array.isArray(container[field]))
          changed[field] = container[field].map((word, index) => {
            if (!places.has(`${prefix}${field}/${index}`)) return word;
            const name = wordVariable(field, index);
            env[name] = reference(name);
            // Kubernetes puts the value of the variable into the word.
            return `$(${name})`;
          });
      return Object.keys(env).length === 0 ? changed : { ...changed, env };
    };
    const inContainers = (field: 'containers' | 'initContainers') =>
      service[field] === undefined
        ? {}
        : {
            [field]: listAt(service, field).map((one, index) =>
              isFields(one) ? replaced(one, `${field}/${index}/`) : one,
            ),
          };
    return { ...replaced(service, ''), ...inContainers('containers'), ...inContainers('initContainers') };
  }

  /** The services at whose fields the errors stand. */
  private refusedBy(findings: readonly Finding[], text: Draft): [string, string][] {
    const services = text.services as readonly Draft[];
    const names = new Map<string, string>();
    for (const { severity, place, message } of findings) {
      if (severity !== 'error') continue;
      const pointer = place.pointer ?? '';
      const index = /^\/services\/(\d+)/.exec(pointer)?.[1];
      const inCluster = /^\/clusters\/\d+\/services\/([^/]+)/.exec(pointer)?.[1];
      const patch = /^\/patches\/(\d+)/.exec(pointer)?.[1];
      const name =
        index !== undefined
          ? String(services[Number(index)]?.name)
          : (inCluster ?? (patch === undefined ? undefined : patchOwner(text, Number(patch), services)));
      if (name !== undefined && !names.has(name)) names.set(name, message);
    }
    return [...names].filter(([name]) => !this.refused.has(name));
  }

  private patchesFor(made: readonly ClusterObjects[], typed: Drafted['typed']): Map<string, Patch[]> {
    const patches = new Map<string, Patch[]>();
    const index = indexOf(made);
    const seen = new Map<string, { operations: string; patch: { clusters: string[] } & Omit<Patch, 'clusters'> }[]>();
    for (const { cluster, object, service } of this.typedObjects(typed)) {
      const target = index.get(cluster)?.get(keyOf(object));
      if (!target) continue;
      const { lost } = verify(object, target);
      const wanted = lost.filter(
        ({ path }) => !isOnPurpose(object, path, index.get(cluster)!, this.secrets.get(service)),
      );
      if (wanted.length === 0) continue;
      const operations = operationsFor(object, target, wanted);
      if (operations.length === 0) continue;
      const text = JSON.stringify(operations);
      const list = seen.get(keyOf(object)) ?? [];
      const same = list.find((one) => one.operations === text);
      if (same) {
        same.patch.clusters.push(cluster);
        continue;
      }
      const patch = {
        clusters: [cluster],
        target: { kind: object.kind, name: object.metadata.name },
        ...(service !== '' && service !== object.metadata.name && { service }),
        reason: `as it was before: ${wanted
          .map(({ path }) => path)
          .join(', ')
          .slice(0, 200)}`,
        operations,
      };
      list.push({ operations: text, patch });
      seen.set(keyOf(object), list);
      patches.set(service, [...(patches.get(service) ?? []), patch]);
    }
    const all = this.clusters.length;
    for (const [service, list] of patches)
      patches.set(
        service,
        list.map((patch) => {
          const { clusters, ...rest } = patch;
          return clusters!.length === all ? rest : patch;
        }),
      );
    return patches;
  }

  /** The objects of services that are typed. */
  private *typedObjects(typed: Drafted['typed']): Iterable<{ cluster: string; object: KubeObject; service: string }> {
    for (const { name: cluster, objects } of this.clusters)
      for (const object of objects) {
        const service = typed.get(`${cluster} ${keyOf(object)}`);
        if (service !== undefined) yield { cluster, object, service };
      }
  }

  private account(made: Index, catalog: Drafted): AdoptedObject[] {
    const raw = new Map(
      catalog.raw.flatMap((one) => one.clusters.map((cluster) => [`${cluster} ${keyOf(one.object)}`, one])),
    );
    const patches = (catalog.text.patches ?? []) as readonly Patch[];
    return this.clusters.flatMap(({ name: cluster, objects }) =>
      objects.map((object): AdoptedObject => {
        const id = `${cluster} ${keyOf(object)}`;
        const service = catalog.typed.get(id);
        if (service !== undefined) {
          const isPatched = patches.some(
            ({ target, clusters, service: of }) =>
              target.kind === object.kind &&
              target.name === object.metadata.name &&
              (of ?? service) === service &&
              (clusters === undefined || clusters.includes(cluster)),
          );
          return {
            cluster,
            object,
            as: isPatched ? 'patched' : 'typed',
            ...(service !== '' && { service }),
            verified: verify(object, made.get(cluster)?.get(keyOf(object))),
          };
        }
        const reason = this.replaced.get(keyOf(object));
        if (reason !== undefined) {
          const there = made.get(cluster)?.get(keyOf(object));
          return { cluster, object, as: 'platform', reason, ...(there && { verified: verify(object, there) }) };
        }
        const kept = raw.get(id);
        if (kept) return { cluster, object, as: 'raw', reason: kept.reason };
        return { cluster, object, as: 'secret', reason: 'its values do not belong into Git' };
      }),
    );
  }
}

/** Whom each workload calls, found once: in its containers, and in the ConfigMaps that they refer to. */
function callsAmong(
  groups: readonly ServiceObjects[],
  objects: readonly KubeObject[],
): (group: ServiceObjects) => ReadonlySet<string> {
  const callees = calleesOf(groups);
  const configs = new Map(
    objects.filter(({ kind }) => kind === 'ConfigMap').map((object) => [nameIn(object.metadata), object]),
  );
  const known = new Map<KubeObject, Set<string>>();
  return ({ name: own, workload, template, namespace }) => {
    const there = known.get(workload);
    if (there) return there;
    const found = new Set<string>();
    const read = (texts: readonly string[]) => {
      for (const text of texts) for (const name of addressesIn(text, callees, namespace)) found.add(name);
    };
    const spec = fieldsAt(template, 'spec');
    for (const container of [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')])
      for (const field of ['env', 'command', 'args']) read(textsOf(fieldsAt(container)[field]));
    for (const name of new Set(textsOf(spec))) {
      const config = configs.get(nameIn({ name, namespace }));
      if (config) read(textsOf(config.data));
    }
    found.delete(own);
    known.set(workload, found);
    return found;
  };
}

const nameIn = ({ name, namespace = '' }: { readonly name: string; readonly namespace?: string }): string =>
  `${namespace}/${name}`;

/** The value at a pointer into the draft. */
function atPointer(text: Draft, pointer: string): unknown {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return atPath(text, steps);
}

interface Patch {
  readonly clusters?: string[];
  readonly service?: string;
  readonly target: { readonly kind: string; readonly name: string; readonly namespace?: string };
  readonly reason: string;
  readonly operations: readonly Operation[];
}

interface Drafted {
  readonly text: Draft;
  readonly raw: readonly RawObject[];
  /** Service by cluster and object. */
  readonly typed: ReadonlyMap<string, string>;
}

type Index = ReadonlyMap<string, ReadonlyMap<string, KubeObject>>;

function indexOf(clusters: readonly ClusterObjects[]): Index {
  return new Map(
    clusters.map(({ cluster, objects }) => [
      cluster ?? '',
      new Map(objects.map(({ object }) => [keyOf(object), object])),
    ]),
  );
}

function keyOf({ apiVersion, kind, metadata }: KubeObject): string {
  return objectKey(apiGroup(apiVersion), kind, metadata.namespace ?? '', metadata.name);
}

/** Written out, so that an object is the same one as what the catalog makes. */
function inNamespace(object: KubeObject, namespace: string): KubeObject {
  if (object.metadata.namespace !== undefined || isClusterScoped(object.kind)) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** Of objects written twice the last one counts, as for kubectl. */
function lastOfEach(objects: readonly KubeObject[]): KubeObject[] {
  return [...new Map(objects.map((object) => [keyOf(object), object])).values()];
}

/** A DNS label. */
function clusterName(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40) || 'production'
  );
}

/** The Istio that takes the pods of a namespace. @see istio.io 1.31 reference/config/labels */
const REVISION = 'istio.io/rev';

/** Services may be in it, and the platform does not make it. */
const KUBE_SYSTEM = 'kube-system';

/** The namespace of most workloads. */
function commonNamespace(clusters: readonly Cluster[], reserved: ReadonlySet<string>): string {
  const counts = new Map<string, number>();
  for (const { grouped } of clusters)
    for (const { namespace } of grouped.services)
      if (!reserved.has(namespace) && namespace !== KUBE_SYSTEM)
        counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  const [most] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return most?.[0] || 'apps';
}

function isTyped(object: KubeObject, group: ServiceObjects, service: Draft, typed: readonly KubeObject[]): boolean {
  if (object === group.workload) return true;
  if (object === group.autoscaler) return service.autoscaling !== undefined;
  if (object === group.budget) return service.disruptionBudget !== undefined;
  if (object === group.canary) return service.canary !== undefined;
  if (object === group.account) return (service.serviceAccount as Draft | undefined)?.create !== false;
  return typed.includes(object);
}

/** Whether a path into the workload is that of a place in its service. */
function isAtPlace(path: string, place: string): boolean {
  const [field = '', last = ''] = place.split('/').slice(-2);
  if (field === 'env') return path.endsWith(`.env[${last}]`) || path.endsWith(`.env[${last}].value`);
  return path.endsWith(`.${field}[${last}]`) || path.endsWith(`.${field}`);
}

/** A number of pods beside an autoscaler or a Canary: Flux and these would undo each other at every look. */
function isOnPurpose(
  object: KubeObject,
  path: string,
  made: ReadonlyMap<string, KubeObject>,
  secrets: ReadonlySet<string> | undefined,
): boolean {
  if (secrets && [...secrets].some((place) => isAtPlace(path, place))) return true;
  return path === 'spec.replicas' && (made.has(autoscalerKey(object)) || made.has(canaryKey(object)));
}

const autoscalerKey = ({ metadata: { namespace = '', name } }: KubeObject): string =>
  objectKey('autoscaling', 'HorizontalPodAutoscaler', namespace, name);

const canaryKey = ({ metadata: { namespace = '', name } }: KubeObject): string =>
  objectKey('flagger.app', 'Canary', namespace, name);

/** A Secret whose values anybody can read. Encrypted ones go through as they are. */
function isPlainSecret(object: KubeObject): boolean {
  return object.kind === 'Secret' && object.apiVersion === 'v1' && !('sops' in object);
}

const REASONS: Readonly<Record<string, string>> = {
  ConfigMap: 'a ConfigMap with a name of its own',
  Ingress: 'routes of an ingress controller',
  PersistentVolumeClaim: 'a claim of its own',
  Service: 'it leads to the pods of several workloads, or of none',
  ServiceAccount: 'an account that no service uses, or whose users wait for each other',
};

function reasonFor({ kind }: KubeObject): string {
  return REASONS[kind] ?? `the catalog has no field for a ${kind}`;
}

function overridesOf(
  merged: readonly { service: Draft; overrides: ReadonlyMap<string, Draft> }[],
  cluster: string,
): Draft {
  const services = merged.flatMap(({ service, overrides }) => {
    const own = overrides.get(cluster);
    return own === undefined ? [] : [[String(service.name), own]];
  });
  return services.length === 0 ? {} : { services: Object.fromEntries(services) };
}

/** Name of the Secret that somebody has to make for a service. */
const secretName = (service: string): string => `${service}-secrets`;

/** Name of the variable that brings a secret word into a command. */
const wordVariable = (field: string, index: number): string => `SECRET_${field.toUpperCase()}_${index}`;

/** The key in the Secret, of a place of a service. */
function secretKey(place: string): string {
  const [field = '', last = ''] = place.split('/').slice(-2);
  return field === 'env' ? last : wordVariable(field, Number(last));
}

/** The service and the place in it that a pointer into the catalog leads to: `env/PASSWORD`, `containers/0/args/2`. */
function secretPlace(pointer: string, text: Draft): { service: string; place: string } | undefined {
  const [, index, named, place] =
    /^\/(?:services\/(\d+)|clusters\/\d+\/services\/([^/]+))\/((?:(?:initContainers|containers)\/\d+\/)?(?:env\/[^/]+|(?:args|command)\/\d+))$/.exec(
      pointer,
    ) ?? [];
  if (place === undefined) return undefined;
  const service = index === undefined ? named! : String((text.services as readonly Draft[])[Number(index)]?.name);
  return { service, place: place.replaceAll('~1', '/').replaceAll('~0', '~') };
}

function patchOwner(text: Draft, index: number, services: readonly Draft[]): string | undefined {
  const patch = (text.patches as readonly Patch[] | undefined)?.[index];
  if (patch?.service !== undefined) return patch.service;
  const target = patch?.target.name;
  if (target === undefined) return undefined;
  return services
    .map(({ name }) => String(name))
    .filter((name) => target === name || target.startsWith(`${name}-`))
    .sort((a, b) => b.length - a.length)[0];
}

/** From the strictest on. */
const LEVELS = ['restricted', 'baseline', 'privileged'] as const;
type Level = (typeof LEVELS)[number];

/** The strictest level that admits the pods. */
function levelOf(template: Fields): Level {
  return LEVELS.find((level) => level === 'privileged' || podSecurityViolations(template, level).length === 0)!;
}

/** The service at the end of the longest chain of calls, among those that run everywhere: it is installed last. */
function lastOf(services: readonly Draft[]): string | undefined {
  const callees = new Map(
    services.map((service) => [
      String(service.name),
      [
        ...((service.calls as readonly string[] | undefined) ?? []),
        ...Object.values((service.env ?? {}) as Draft).flatMap((value) =>
          isFields(value) && typeof value.service === 'string' ? [value.service] : [],
        ),
      ],
    ]),
  );
  const depths = new Map<string, number>();
  const depthOf = (name: string): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    // A circle ends here.
    depths.set(name, 0);
    const depth = Math.max(0, ...(callees.get(name) ?? []).map((callee) => depthOf(callee) + 1));
    depths.set(name, depth);
    return depth;
  };
  const everywhere = services.filter(({ clusters }) => clusters === undefined).map(({ name }) => String(name));
  return everywhere.sort((a, b) => depthOf(b) - depthOf(a) || (a < b ? -1 : 1))[0];
}

/** Folders: before all services, and beside them. */
const EARLY = 'first';
const LATE = 'beside';

/** What runs or calls what the services bring: applied before them it would wait for ever, or stop their own objects. */
const WAITS = new Set([
  'APIService',
  'Canary',
  'MutatingWebhookConfiguration',
  'Pod',
  'ReplicaSet',
  'ReplicationController',
  'ScaledObject',
  'ValidatingWebhookConfiguration',
  'HorizontalPodAutoscaler',
]);

function rawFiles(
  raw: ReadonlyMap<string, readonly { object: KubeObject; clusters: string[]; reason: string }[]>,
  all: readonly string[],
): RawObject[] {
  return [...raw.values()].flatMap((list) =>
    list.flatMap(({ object, clusters, reason }): RawObject[] => {
      const { kind, metadata } = object;
      const stage = isWorkload(object) || WAITS.has(kind) ? LATE : EARLY;
      const space = metadata.namespace === undefined ? '' : `${metadata.namespace}-`;
      const file = `${stage}/${space}${kind.toLowerCase()}-${metadata.name.replace(/[^A-Za-z0-9.-]+/g, '-')}.yaml`;
      return clusters.length === all.length
        ? [{ path: file, object, clusters, reason }]
        : clusters.map((cluster) => ({ path: `${cluster}/${file}`, object, clusters: [cluster], reason }));
    }),
  );
}
