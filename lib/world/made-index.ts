import {
  isConfigTrackingDisabled,
  type MadeKind,
  type MadeObjectsInput,
  madeIdentities,
  madeKinds,
  madeObjects,
} from '../flagger';
import { apiGroup, type KubeObject, textAt } from '../kube';
import { computedOnce, ListsByName } from './by-name';
import type { CanaryView } from './canary';
import { type Entry, madeEntry } from './entry';
import type { FlaggerInstallation } from './installations';
import { Lazy } from './lazy';
import { ObjectIndex } from './object-index';
import type { Workload } from './workload';

/**
 * What Flagger makes of the Canaries of a world. Objects are made when somebody asks for them, of one Canary where they are
 * asked for by name: rules ask for few, and ten thousand Canaries would have a hundred thousand.
 */
export class MadeIndex {
  /** Kinds of which the objects of all Canaries are made. */
  private readonly whole = new Map<MadeKind, ObjectIndex>();
  private readonly byCanary = new Map<MadeKind, Map<CanaryView, readonly Entry[]>>();
  private readonly byApex = new Lazy(() => this.canariesBy(({ apexName }) => apexName));
  private readonly byTarget = new Lazy(() => this.canariesBy(({ targetRef }) => targetRef.name));
  private readonly byScaler = new Lazy(() => this.canariesBy(({ autoscaler }) => autoscaler?.name));

  /** @param canaries must be complete before the first question */
  constructor(
    private readonly canaries: readonly CanaryView[],
    private readonly written: ObjectIndex,
    private readonly flagger: () => FlaggerInstallation,
  ) {}

  /** Of one Canary. */
  of(canary: CanaryView, kind: MadeKind): readonly Entry[] {
    const known = computedOnce(this.byCanary, kind, () => new Map());
    return computedOnce(known, canary, () => this.make(canary, kind));
  }

  /** Of all Canaries; of several that make one object the first counts. */
  ofKind(kind: string, group: string | undefined): readonly Entry[] {
    return isMadeKind(kind) ? this.all(kind).ofKind(kind, group) : [];
  }

  /** Scalers that Flagger makes for the primary of this name. */
  ofTarget(kind: MadeKind, namespace: string, primary: string): readonly Entry[] {
    return listOf(this.byTarget, namespace, withoutSuffix(primary, '-primary'))
      .flatMap((canary) => this.of(canary, kind))
      .filter((entry) => this.find(kind, namespace, entry.name, entry.group) === entry);
  }

  /** Of several Canaries that make one object the first counts. */
  find(kind: string, namespace: string, name: string, group: string | undefined): Entry | undefined {
    if (!isMadeKind(kind)) return undefined;
    const isOfAnyCanary = kind === 'ConfigMap' || kind === 'Secret';
    if (isOfAnyCanary && !name.endsWith('-primary')) return undefined;
    if (isOfAnyCanary || this.whole.has(kind)) return this.all(kind).find(kind, namespace, name, group);
    for (const canary of this.makers(kind, namespace, name))
      for (const entry of this.of(canary, kind))
        if (entry.name === name && (group === undefined || entry.group === group)) return entry;
    return undefined;
  }

  /** Whether Flagger makes an object in place of the written one; nothing is made for the answer. */
  replaces({ kind, namespace, name, group }: Entry): boolean {
    if (!isMadeKind(kind)) return false;
    return this.makers(kind, namespace, name).some((canary) => {
      const { apiVersion, names } = madeIdentities(kind, this.sourcesOf(canary, kind));
      return names.includes(name) && apiGroup(apiVersion) === group;
    });
  }

  private all(kind: MadeKind): ObjectIndex {
    return computedOnce(this.whole, kind, () => {
      const index = new ObjectIndex();
      for (const canary of this.canaries) for (const entry of this.of(canary, kind)) index.add(entry);
      return index;
    });
  }

  /** The Canaries that may make an object of the name, in their order: what they make is named after what they name. */
  private makers(kind: MadeKind, namespace: string, name: string): readonly CanaryView[] {
    switch (kind) {
      case 'Deployment':
      case 'DaemonSet':
        return listOf(this.byTarget, namespace, withoutSuffix(name, '-primary'));
      case 'HorizontalPodAutoscaler':
      case 'ScaledObject':
        return listOf(this.byScaler, namespace, withoutSuffix(name, '-primary'));
      case 'ConfigMap':
      case 'Secret':
        return name.endsWith('-primary') ? this.canaries : none;
      default: {
        const own = listOf(this.byApex, namespace, name);
        const base = withoutSuffix(name, '-primary') ?? withoutSuffix(name, '-canary');
        const others = listOf(this.byApex, namespace, base);
        if (others.length === 0) return own;
        return own.length === 0 ? others : [...own, ...others].sort((a, b) => a.entry.order - b.entry.order);
      }
    }
  }

  private canariesBy(nameOf: (canary: CanaryView) => string | undefined): ListsByName<CanaryView> {
    const lists = new ListsByName<CanaryView>();
    for (const canary of this.canaries) {
      const name = nameOf(canary);
      if (name !== undefined) lists.add(canary.namespace, name, canary);
    }
    return lists;
  }

  private make(canary: CanaryView, kind: MadeKind): Entry[] {
    return madeObjects(kind, this.sourcesOf(canary, kind)).map((object) => {
      const group = apiGroup(object.apiVersion);
      const replaced = this.written.find(kind, canary.namespace, object.metadata.name, group);
      return madeEntry(object, group, canary.entry, replaced);
    });
  }

  private sourcesOf(canary: CanaryView, kind: MadeKind): MadeObjectsInput {
    const { target, autoscaler, entry, namespace } = canary;
    const { object } = entry;
    const isNamed = object.metadata.namespace === namespace;
    const { configTracking, selectorLabels } = this.flagger();
    return {
      canary: isNamed ? object : { ...object, metadata: { ...object.metadata, name: entry.name, namespace } },
      provider: canary.provider.value,
      analysis: canary.analysis,
      selectorLabels: selectorLabels.value,
      target: target?.object,
      scaler: autoscaler?.object,
      configs: configTracking && target && readsConfigs.has(kind) ? trackedConfigs(target) : undefined,
    };
  }
}

const none: readonly never[] = [];
const madeKindSet: ReadonlySet<string> = new Set(madeKinds);
const isMadeKind = (kind: string): kind is MadeKind => madeKindSet.has(kind);
/** Kinds that are made of a target with the ConfigMaps and Secrets that it reads. */
const readsConfigs: ReadonlySet<MadeKind> = new Set(['Deployment', 'DaemonSet', 'ConfigMap', 'Secret']);

function withoutSuffix(name: string, suffix: string): string | undefined {
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : undefined;
}

function listOf(
  index: Lazy<ListsByName<CanaryView>>,
  namespace: string,
  name: string | undefined,
): readonly CanaryView[] {
  return (name === undefined ? undefined : index.value.get(namespace, name)) ?? none;
}

/** ConfigMaps and Secrets that Flagger copies for the primary. @see fluxcd/flagger v1.44 pkg/canary/config_tracker.go */
function trackedConfigs(target: Workload): KubeObject[] {
  const found = new Set<KubeObject>();
  for (const { entry } of target.configReferences) if (entry && isTracked(entry)) found.add(entry.object);
  return [...found];
}

/** Secrets of other types, and what says so itself, are not copied. @see fluxcd/flagger v1.44 pkg/canary/config_tracker.go */
function isTracked({ kind, object, annotations }: Entry): boolean {
  if (isConfigTrackingDisabled(annotations)) return false;
  return kind !== 'Secret' || trackedSecretTypes.has(textAt(object, 'type') || 'Opaque');
}
const trackedSecretTypes = new Set([
  'Opaque',
  'kubernetes.io/basic-auth',
  'kubernetes.io/ssh-auth',
  'kubernetes.io/tls',
]);
