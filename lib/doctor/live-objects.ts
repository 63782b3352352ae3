import {
  at,
  type Fields,
  fieldsAt,
  isFields,
  type KubeObject,
  listAt,
  SERVER_METADATA,
  textAt,
  type WrittenObject,
} from '../kube';

/** What a cluster holds, told apart by who has made it. */
export interface LiveObjects {
  /** What somebody has applied: a world of manifests, as preflight reads it. */
  readonly written: readonly WrittenObject[];
  /** Canaries as they are, with their status. */
  readonly canaries: readonly KubeObject[];
  readonly events: readonly ClusterEvent[];
  readonly pods: readonly KubeObject[];
  /** All of them, as the cluster has them. */
  readonly all: readonly KubeObject[];
  readonly versions: { readonly kubernetes?: string };
}

/** An event of the core API or of events.k8s.io, read alike. */
export interface ClusterEvent {
  readonly about: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  /** When it was seen last, as written; empty where it does not say. */
  readonly at: string;
}

/** Kinds that controllers make and nobody writes by hand. */
const MADE_KINDS = new Set([
  'Endpoints',
  'EndpointSlice',
  'Event',
  'ReplicaSet',
  'ControllerRevision',
  'Lease',
  'Pod',
  'PodMetrics',
  'NodeMetrics',
  'Node',
  // Looked at as they are, by checks of their own.
  'CustomResourceDefinition',
  'MutatingWebhookConfiguration',
  'StorageClass',
  'ValidatingWebhookConfiguration',
]);

/** Takes what Flagger, Kubernetes and Helm have made of other objects away from what somebody has written. */
export function readLive(objects: readonly WrittenObject[], kubernetes?: string): LiveObjects {
  const canaries = objects.filter(({ object }) => isCanary(object)).map(({ object }) => object);
  const owned = ownedByFlagger(canaries);
  const written = objects
    .filter(({ object }) => !MADE_KINDS.has(object.kind) && !hasController(object) && !owned.has(keyOf(object)))
    .map(({ object, origin }) => ({ object: asWritten(object, owned.targets), origin }));
  return {
    written,
    canaries,
    events: objects.filter(({ object }) => object.kind === 'Event').map(({ object }) => readEvent(object)),
    pods: objects.filter(({ object }) => object.kind === 'Pod').map(({ object }) => object),
    all: objects.map(({ object }) => object),
    versions: kubernetes === undefined ? {} : { kubernetes },
  };
}

const isCanary = ({ apiVersion, kind }: KubeObject): boolean =>
  kind === 'Canary' && apiVersion.startsWith('flagger.app/');

/** A ReplicaSet of its Deployment, a primary of its Canary: its owner is to be looked at. */
function hasController({ metadata }: KubeObject): boolean {
  return listAt(metadata, 'ownerReferences').some((owner) => at(owner, 'controller') === true);
}

interface Owned {
  has(key: string): boolean;
  /** Targets of Canaries, whose number of pods is Flagger's. */
  readonly targets: ReadonlySet<string>;
}

/**
 * What Flagger makes, or takes over, under the names of a Canary: also where the owner is not written down.
 * @see fluxcd/flagger v1.44 pkg/router/kubernetes_default.go, pkg/canary/deployment_controller.go
 */
function ownedByFlagger(canaries: readonly KubeObject[]): Owned {
  const keys = new Set<string>();
  const targets = new Set<string>();
  for (const { metadata, spec, status } of canaries) {
    const namespace = metadata.namespace ?? '';
    const target = textAt(spec, 'targetRef', 'name') ?? '';
    const kind = textAt(spec, 'targetRef', 'kind') ?? 'Deployment';
    const apex = textAt(spec, 'service', 'name') || target;
    targets.add(`${kind} ${namespace}/${target}`);
    keys.add(`${kind} ${namespace}/${target}-primary`);
    for (const suffix of ['-primary', '-canary']) {
      keys.add(`Service ${namespace}/${apex}${suffix}`);
      keys.add(`DestinationRule ${namespace}/${apex}${suffix}`);
    }
    keys.add(`HorizontalPodAutoscaler ${namespace}/${target}-primary`);
    // Once it is initialized the apex Service and the routes are its own.
    const phase = textAt(status, 'phase') ?? '';
    if (phase === '' || phase === 'Initializing') continue;
    for (const made of ['Service', 'VirtualService', 'HTTPRoute']) keys.add(`${made} ${namespace}/${apex}`);
  }
  return { has: (key) => keys.has(key) || (key.startsWith('ConfigMap ') && key.endsWith('-primary')), targets };
}

const keyOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;

const SERVER_FIELDS = [...SERVER_METADATA, 'ownerReferences'];

/** Without status and what the API server writes; the number of pods of a Canary's target is Flagger's. */
function asWritten(object: KubeObject, targets: ReadonlySet<string>): KubeObject {
  const metadata = Object.fromEntries(
    Object.entries(object.metadata).filter(([field]) => !SERVER_FIELDS.includes(field)),
  );
  const { status: _, ...rest } = object;
  const spec = fieldsAt(object, 'spec');
  const isTarget = targets.has(keyOf(object));
  const { replicas: __, ...ownSpec } = spec as Fields & { replicas?: unknown };
  return {
    ...rest,
    metadata,
    ...(isTarget && isFields(object.spec) ? { spec: ownSpec } : {}),
  } as unknown as KubeObject;
}

function readEvent(event: KubeObject): ClusterEvent {
  const about = isFields(event.involvedObject) ? event.involvedObject : fieldsAt(event, 'regarding');
  return {
    about: {
      kind: textAt(about, 'kind') ?? '',
      namespace: textAt(about, 'namespace') ?? event.metadata.namespace ?? '',
      name: textAt(about, 'name') ?? '',
    },
    type: textAt(event, 'type') ?? '',
    reason: textAt(event, 'reason') ?? '',
    message: textAt(event, 'message') ?? textAt(event, 'note') ?? '',
    at:
      textAt(event, 'lastTimestamp') ??
      textAt(event, 'series', 'lastObservedTime') ??
      textAt(event, 'eventTime') ??
      textAt(event.metadata, 'creationTimestamp') ??
      '',
  };
}
