import { at, atPath, booleanAt, type Fields, fieldsAt, isFields, listAt, numberAt, textAt, textMapAt } from '../kube';
import type { Entry } from './entry';
import { Memoized, memoize } from './memoized';

/** Whether a workload's pods get Istio's sidecar, and which object says so. */
export interface Injection {
  readonly sidecar: 'yes' | 'no' | 'unknown';
  /** Half a sentence: `Namespace "shop" has no label istio-injection=enabled`. */
  readonly reason: string;
  /** Where the decision is written; undefined where nothing decides. */
  readonly entry?: Entry;
  /** Ambient mode: traffic is taken over by ztunnel, and only a waypoint counts requests. */
  readonly ambient: boolean;
}

/** A ConfigMap or Secret that a pod reads. */
export interface ConfigReference {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  readonly optional: boolean;
  /** Pointer to the name, into the workload. */
  readonly pointer: string;
  /** The object, when somebody wrote it. */
  readonly entry: Entry | undefined;
}

/** A container with the pointer to it, into the workload. */
export interface ContainerView {
  readonly fields: Fields;
  readonly name: string;
  readonly pointer: string;
  readonly init: boolean;
}

/** A port that a container declares. */
export interface ContainerPort {
  readonly name: string | undefined;
  readonly containerPort: number;
  readonly protocol: string;
  readonly hostPort: number | undefined;
  readonly container: ContainerView;
}

/** What the labels of a Namespace say about sidecars. */
export interface NamespaceInjection extends Injection {
  /** The namespace says no: no label of a pod overrules that. */
  readonly isDisabled: boolean;
}

/** What a workload asks of the world. */
export interface WorkloadLookup {
  /** An object as somebody wrote it. */
  given(kind: string, namespace: string, name: string): Entry | undefined;
  namespaceInjection(namespace: string): NamespaceInjection;
}

const containerLists = ['containers', 'initContainers'] as const;
/** Where the pod template stands: its path, and the same as a JSON pointer. */
const templates: Readonly<Record<string, { readonly path: readonly string[]; readonly pointer: string }>> = {
  CronJob: { path: ['spec', 'jobTemplate', 'spec', 'template'], pointer: '/spec/jobTemplate/spec/template' },
  Pod: { path: [], pointer: '' },
};
const usualTemplate = { path: ['spec', 'template'], pointer: '/spec/template' };

/** What runs pods: Deployment, DaemonSet, StatefulSet, ReplicaSet, Job, CronJob, Pod. */
export class Workload extends Memoized {
  readonly entry: Entry;
  /** The pod template: `{metadata, spec}`. */
  readonly template: Fields;
  readonly podSpec: Fields;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly podAnnotations: Readonly<Record<string, string>>;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly object: Entry['object'];
  private readonly lookup: WorkloadLookup;
  private readonly templateAt: string;

  constructor(lookup: WorkloadLookup, entry: Entry) {
    super();
    this.lookup = lookup;
    this.entry = entry;
    const { path, pointer } = templates[entry.kind] ?? usualTemplate;
    this.templateAt = pointer;
    this.template = fieldsAt(atPath(entry.object, path));
    this.podSpec = fieldsAt(this.template, 'spec');
    this.podLabels = textMapAt(this.template, 'metadata', 'labels');
    this.podAnnotations = textMapAt(this.template, 'metadata', 'annotations');
    this.kind = this.entry.kind;
    this.name = this.entry.name;
    this.namespace = this.entry.namespace;
    this.object = this.entry.object;
  }

  /** Pointer to the pod template or a field of it. */
  templatePointer(below = ''): string {
    return `${this.templateAt}${below}`;
  }
  get serviceAccountName(): string {
    return textAt(this.podSpec, 'serviceAccountName') || 'default';
  }
  get hostNetwork(): boolean {
    return booleanAt(this.podSpec, 'hostNetwork') ?? false;
  }
  /** `spec.replicas` as written; undefined when it is left to an autoscaler or to the default of 1. */
  get replicas(): number | undefined {
    return numberAt(this.object, 'spec', 'replicas');
  }

  /** Containers, then init containers, in their order. */
  get containers(): readonly ContainerView[] {
    const views: ContainerView[] = [];
    for (const list of containerLists)
      for (const [index, item] of listAt(this.podSpec, list).entries()) {
        if (!isFields(item)) continue;
        const pointer = this.templatePointer(`/spec/${list}/${index}`);
        views.push({ fields: item, name: textAt(item, 'name') ?? '', pointer, init: list === 'initContainers' });
      }
    return views;
  }

  /** Ports that the containers (not the init containers) declare. */
  get containerPorts(): readonly ContainerPort[] {
    const found: ContainerPort[] = [];
    for (const container of this.containers)
      if (!container.init)
        for (const port of listAt(container.fields, 'ports')) found.push(readContainerPort(port, container));
    return found;
  }

  /** Every ConfigMap and Secret that the pods read: volumes, projected volumes, env, envFrom, of init containers too. */
  get configReferences(): readonly ConfigReference[] {
    const found: ConfigReference[] = [];
    const add = (kind: ConfigReference['kind'], from: unknown, nameField: string, pointer: string) => {
      const name = textAt(from, nameField);
      if (name === undefined) return;
      const entry = this.lookup.given(kind, this.namespace, name);
      const optional = booleanAt(from, 'optional') ?? false;
      found.push({ kind, name, optional, pointer: `${pointer}/${nameField}`, entry });
    };
    this.addVolumeReferences(add);
    for (const container of this.containers) addEnvironmentReferences(add, container);
    return found;
  }

  private addVolumeReferences(add: AddReference): void {
    for (const [index, volume] of listAt(this.podSpec, 'volumes').entries()) {
      const { configMap, secret, projected } = fieldsAt(volume);
      if (configMap === undefined && secret === undefined && projected === undefined) continue;
      const pointer = this.templatePointer(`/spec/volumes/${index}`);
      if (configMap !== undefined) add('ConfigMap', configMap, 'name', `${pointer}/configMap`);
      if (secret !== undefined) add('Secret', secret, 'secretName', `${pointer}/secret`);
      for (const [number, source] of listAt(projected, 'sources').entries()) {
        const below = `${pointer}/projected/sources/${number}`;
        add('ConfigMap', at(source, 'configMap'), 'name', `${below}/configMap`);
        add('Secret', at(source, 'secret'), 'name', `${below}/secret`);
      }
    }
  }

  /**
   * Whether the pods get a sidecar: one that is written into them (`istioctl kube-inject`), pod label, then annotation, then
   * the namespace's labels.
   * @see istio/istio 1.31 pkg/kube/inject/inject.go injectRequired
   */
  get injection(): Injection {
    const namespace = this.lookup.namespaceInjection(this.namespace);
    const of = `${this.kind} "${this.name}"`;
    // With the image `auto` it only changes the one that is injected.
    const isWritten = this.containers.some(({ name, fields }) => name === 'istio-proxy' && fields.image !== 'auto');
    if (isWritten)
      return { sidecar: 'yes', reason: `${of} has the container istio-proxy`, entry: this.entry, ambient: false };
    if (this.hostNetwork) return { sidecar: 'no', reason: `${of} uses hostNetwork`, entry: this.entry, ambient: false };
    const label = this.podLabels['sidecar.istio.io/inject'];
    const own = label ?? this.podAnnotations['sidecar.istio.io/inject'];
    if (own !== undefined && !(namespace.isDisabled && own !== 'false')) {
      const reason = `${of} has the pod ${label === undefined ? 'annotation' : 'label'} sidecar.istio.io/inject=${own}`;
      return { sidecar: own === 'false' ? 'no' : 'yes', reason, entry: this.entry, ambient: false };
    }
    if (this.podLabels['istio.io/rev'] !== undefined && !namespace.isDisabled)
      return { sidecar: 'yes', reason: `${of} has the pod label istio.io/rev`, entry: this.entry, ambient: false };
    const mode = this.podLabels['istio.io/dataplane-mode'];
    return mode === undefined ? namespace : { ...namespace, ambient: mode === 'ambient' };
  }
}

memoize(Workload, ['containers', 'containerPorts', 'configReferences', 'injection']);

type AddReference = (kind: ConfigReference['kind'], from: unknown, nameField: string, pointer: string) => void;

function addEnvironmentReferences(add: AddReference, { fields, pointer }: ContainerView): void {
  for (const [index, env] of listAt(fields, 'env').entries()) {
    const from = at(env, 'valueFrom');
    if (from === undefined) continue;
    const below = `${pointer}/env/${index}/valueFrom`;
    add('ConfigMap', at(from, 'configMapKeyRef'), 'name', `${below}/configMapKeyRef`);
    add('Secret', at(from, 'secretKeyRef'), 'name', `${below}/secretKeyRef`);
  }
  for (const [index, source] of listAt(fields, 'envFrom').entries()) {
    const below = `${pointer}/envFrom/${index}`;
    add('ConfigMap', at(source, 'configMapRef'), 'name', `${below}/configMapRef`);
    add('Secret', at(source, 'secretRef'), 'name', `${below}/secretRef`);
  }
}

function readContainerPort(port: unknown, container: ContainerView): ContainerPort {
  return {
    name: textAt(port, 'name'),
    containerPort: numberAt(port, 'containerPort') ?? 0,
    protocol: textAt(port, 'protocol') ?? 'TCP',
    hostPort: numberAt(port, 'hostPort'),
    container,
  };
}
