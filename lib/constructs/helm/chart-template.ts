import { isDeepStrictEqual } from 'node:util';
import { isFields, type KubeObject, parseImageReference, textAt } from '../../kube';
import { RELEASE_CHECKSUM_ANNOTATION, RELEASE_DIGEST_ANNOTATION } from '../labels';
import { releaseConfigName } from '../release-tracking';
import { Action, type ChartValue, Hole, type TemplateNode } from './template-node';

/** One cluster's objects of a service, as the plain form has them. */
export interface ChartVariant {
  readonly name: string;
  readonly objects: readonly KubeObject[];
}

/** One object of the chart's templates. */
export interface TemplateObject {
  readonly kind: string;
  readonly name: string;
  readonly node: TemplateNode;
  /** The switch, where not every variant has the object. */
  readonly condition?: ChartValue;
}

/** Templates and values of a chart. */
export interface ChartTemplates {
  readonly objects: readonly TemplateObject[];
  /** In the order in which the templates ask for them. */
  readonly values: readonly ChartValue[];
  /** Labels that every object has. */
  readonly labels: Readonly<Record<string, string>>;
  readonly usesImage: boolean;
}

/** An item of a list has its name beside its index. */
type Part = string | { readonly index: number; readonly name?: string };
type Pointer = readonly Part[];
/** What each variant has at one place; a variant without it is not there. */
type Found = ReadonlyMap<string, unknown>;

/** Names of values by kind; the others are the kind's own in lower case. */
const SECTIONS: Readonly<Record<string, string>> = {
  HorizontalPodAutoscaler: 'autoscaling',
  PodDisruptionBudget: 'disruptionBudget',
  HTTPRoute: 'route',
  VirtualService: 'route',
  Canary: 'canary',
  MetricTemplate: 'metrics',
  ConfigMap: 'config',
};

/** Kinds whose values stand at the top: there is one of them in a chart. */
const WORKLOADS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job']);

/** Parts of a pointer that say nothing which the value's name should say. */
const SILENT = new Set(['spec', 'template', 'jobTemplate', 'metadata', 'containers', 'data']);

/** The label that Helm writes on what it manages. */
export const MANAGED_BY = 'app.kubernetes.io/managed-by';
const VERSION = 'app.kubernetes.io/version';
const INSTANCE_LABELS = new Set([MANAGED_BY, VERSION]);

/**
 * The templates of a chart that renders each variant's objects from that variant's values: what all variants have in
 * common is text, what differs is a value, and so is what differs from release to release (image, number of pods,
 * resources, digests).
 * @param service its own objects' names begin with it
 * @param namespace of the release
 */
export function chartTemplates(
  service: string,
  namespace: string | undefined,
  variants: readonly ChartVariant[],
): ChartTemplates {
  return new TemplateBuilder(service, namespace, variants).build();
}

const keyOf = ({ apiVersion, kind, metadata }: KubeObject): string =>
  `${apiVersion} ${kind} ${metadata.namespace ?? ''}/${metadata.name}`;

class TemplateBuilder {
  private readonly values: ChartValue[] = [];
  /** Leaves and branches of the values' tree: a value must not be a branch of another one. */
  private readonly taken = new Map<string, 'leaf' | 'branch'>();
  private usesImage = false;
  private kind = '';
  private name = '';
  private section = '';

  constructor(
    private readonly service: string,
    private readonly namespace: string | undefined,
    private readonly variants: readonly ChartVariant[],
  ) {}

  build(): ChartTemplates {
    const keys = this.orderedKeys();
    const labels = this.commonLabels();
    const counts = new Map<string, number>();
    const objects = keys.map((key): TemplateObject => {
      const found = new Map<string, KubeObject>();
      for (const { name, objects: all } of this.variants) {
        const object = all.find((one) => keyOf(one) === key);
        if (object) found.set(name, object);
      }
      const [first] = found.values();
      const { kind, metadata } = first!;
      this.kind = kind;
      this.name = metadata.name ?? '';
      this.section = this.sectionOf(kind, metadata.name ?? '', counts);
      const condition =
        found.size === this.variants.length
          ? undefined
          : this.value([this.section || camel(kind), 'enabled'], 'boolean', `Whether there is a ${kind}.`, {
              byVariant: new Map(this.variants.map(({ name }) => [name, found.has(name)])),
            });
      const node = this.unify(found, []) as Record<string, TemplateNode>;
      return { kind, name: metadata.name ?? '', node: this.withLabels(node, labels), ...(condition && { condition }) };
    });
    return { objects, values: this.values, labels, usesImage: this.usesImage };
  }

  /** The objects in the order of the variant that has most of them; what only others have comes behind. */
  private orderedKeys(): string[] {
    const sorted = [...this.variants].sort((a, b) => b.objects.length - a.objects.length);
    return [...new Set(sorted.flatMap(({ objects }) => objects.map(keyOf)))];
  }

  /** One section of the values a kind, and one for each further object of the kind. */
  private sectionOf(kind: string, name: string, counts: Map<string, number>): string {
    const section = WORKLOADS.has(kind) ? '' : (SECTIONS[kind] ?? camel(kind));
    const isMain = name === this.service || name === releaseConfigName(this.service);
    if (isMain && kind !== 'ConfigMap') return section;
    const rest = camel(name.startsWith(`${this.service}-`) ? name.slice(this.service.length + 1) : name);
    const own = section === '' ? rest : `${section}${rest[0]?.toUpperCase() ?? ''}${rest.slice(1)}`;
    const count = (counts.get(own) ?? 0) + 1;
    counts.set(own, count);
    return count === 1 ? own : `${own}${count}`;
  }

  private commonLabels(): Record<string, string> {
    const all = this.variants.flatMap(({ objects }) => objects.map(({ metadata }) => metadata.labels ?? {}));
    const [first, ...others] = all;
    if (!first || others.length === 0) return {};
    const common = Object.entries(first).filter(
      ([key, value]) => key !== VERSION && others.every((labels) => labels[key] === value),
    );
    return common.length > 1 ? Object.fromEntries(common) : {};
  }

  /** The labels that all objects have come from the helper. */
  private withLabels(object: Record<string, TemplateNode>, labels: Readonly<Record<string, string>>): TemplateNode {
    const keys = Object.keys(labels);
    const metadata = object.metadata as Record<string, TemplateNode>;
    if (keys.length === 0 || !isFields(metadata.labels)) return object;
    const own = Object.entries(metadata.labels).filter(([key]) => !keys.includes(key));
    const include = new Action(`{{- include "${this.service}.labels" . | nindent 4 }}`);
    return { ...object, metadata: { ...metadata, labels: { [INCLUDE_KEY]: include, ...Object.fromEntries(own) } } };
  }

  private unify(found: Found, pointer: Pointer): TemplateNode {
    const named = this.named(found, pointer);
    if (named !== undefined) return named;
    const values = [...found.values()];
    if (values.every(isFields)) return this.unifyMaps(found as ReadonlyMap<string, Record<string, unknown>>, pointer);
    if (values.every(Array.isArray)) return this.unifyLists(found as ReadonlyMap<string, unknown[]>, pointer);
    return values.every((value) => isDeepStrictEqual(value, values[0])) ? values[0] : this.hole(found, pointer);
  }

  private unifyMaps(found: ReadonlyMap<string, Record<string, unknown>>, pointer: Pointer): TemplateNode {
    const maps = [...found.values()];
    const keys = [...new Set(maps.flatMap(Object.keys))];
    const isEverywhere = (key: string): boolean => maps.every((map) => Object.hasOwn(map, key));
    const hasCommon = keys.some(isEverywhere);
    // An empty map is not a missing one; and an item of a list must begin with a key that is always there.
    if (!hasCommon && keys.length > 0 && (typeof pointer.at(-1) === 'object' || maps.some((map) => isEmpty(map))))
      return this.hole(found, pointer);
    const order = mergedOrder(maps);
    const entries = order.map((key): [string, TemplateNode] => {
      const below = new Map([...found].filter(([, map]) => Object.hasOwn(map, key)).map(([n, map]) => [n, map[key]]));
      const at = [...pointer, key];
      return [key, isEverywhere(key) ? this.unify(below, at) : this.hole(below, at, true)];
    });
    return Object.fromEntries(entries);
  }

  private unifyLists(found: ReadonlyMap<string, unknown[]>, pointer: Pointer): TemplateNode {
    const lists = [...found.values()];
    const [first = []] = lists;
    const hasTwins = lists.every(
      (list) =>
        list.length === first.length &&
        list.every((item, index) => isFields(item) && textAt(item, 'name') === textAt(first[index], 'name')),
    );
    if (!hasTwins || lists.some((list) => list.length === 0))
      return lists.every((list) => isDeepStrictEqual(list, first)) ? first : this.hole(found, pointer);
    const items = first.map((_, index) => {
      const below = new Map([...found].map(([name, list]) => [name, list[index]]));
      return this.unify(below, [...pointer, { index, name: textAt(first[index], 'name') }]);
    });
    // An item that is a value as a whole cannot stand in the list: then the list is one.
    return items.some((item) => item instanceof Hole) ? this.hole(found, pointer) : items;
  }

  /** Values that are ones in every chart, and places that Helm itself knows. */
  private named(found: Found, pointer: Pointer): TemplateNode | undefined {
    const { kind } = this;
    const path = pointer.map((part) => (typeof part === 'object' ? part.index : part)).join('/');
    const values = [...found.values()];
    if (path === 'metadata/namespace' && this.namespace !== undefined)
      return values.every((value) => value === this.namespace) ? new Action('{{ .Release.Namespace }}') : undefined;
    if (WORKLOADS.has(kind) && this.name === this.service) {
      if (path.endsWith('template/spec/containers/0/image')) return this.image(found);
      if (path.endsWith('template/spec/containers/0/resources'))
        return this.volatile(['resources'], 'map', 'CPU, memory and disk of the container.', found);
      if (path === 'spec/replicas') return this.plain(['replicas'], 'integer', 'Number of pods.', found);
      if (path === `metadata/annotations/${RELEASE_DIGEST_ANNOTATION}`)
        return this.volatile(['release', 'digest'], 'string', 'Digest over all that defines the release.', found);
      if (path === `metadata/labels/${VERSION}`)
        return this.volatile(['release', 'version'], 'string', 'Version that the objects show.', found);
    }
    if (kind === 'ConfigMap' && this.name === releaseConfigName(this.service) && path === 'data/digest')
      return this.volatile(['release', 'template'], 'string', 'Digest of what makes Flagger start a rollout.', found);
    if (kind === 'Canary' && path === `metadata/annotations/${RELEASE_CHECKSUM_ANNOTATION}`)
      return this.volatile(
        ['release', 'checksum'],
        'string',
        'What Flagger reports once it has seen the release.',
        found,
      );
    if (kind === 'HorizontalPodAutoscaler' && (path === 'spec/minReplicas' || path === 'spec/maxReplicas')) {
      const what = path.endsWith('minReplicas') ? 'Least' : 'Largest';
      return this.plain(
        [this.section, path.endsWith('minReplicas') ? 'minReplicas' : 'maxReplicas'],
        'integer',
        `${what} number of pods.`,
        found,
      );
    }
    return undefined;
  }

  private image(found: Found): TemplateNode {
    const parsed = new Map(
      [...found].map(([name, text]) => [name, typeof text === 'string' ? parseImageReference(text) : undefined]),
    );
    if (![...parsed.values()].every((one) => one?.ok)) return this.volatile(['image'], 'string', 'The image.', found);
    const part = (key: 'repository' | 'tag' | 'digest'): Map<string, unknown> =>
      new Map([...parsed].map(([name, one]) => [name, one?.ok ? (one.value[key] ?? '') : '']));
    this.value(['image', 'repository'], 'string', 'Registry and path of the image.', { byVariant: part('repository') });
    this.value(['image', 'tag'], 'string', 'Tag of the image.', { byVariant: part('tag'), isVolatile: true });
    this.value(['image', 'digest'], 'string', 'Digest of the image.', { byVariant: part('digest'), isVolatile: true });
    this.usesImage = true;
    return new Action(`{{ include "${this.service}.image" . | quote }}`);
  }

  private plain(path: readonly string[], type: ChartValue['type'], description: string, found: Found): Hole {
    return new Hole(this.value(path, type, description, { byVariant: found }), false);
  }

  private volatile(path: readonly string[], type: ChartValue['type'], description: string, found: Found): Hole {
    return new Hole(this.value(path, type, description, { byVariant: found, isVolatile: true }), false);
  }

  private hole(found: Found, pointer: Pointer, isOptional = false): Hole {
    const path = this.freePath(pointer);
    const types = new Set([...found.values()].map(typeOf));
    const isMixed = types.size > 1;
    const hasScalarsOnly = !types.has('list') && !types.has('map');
    const type = isMixed ? (hasScalarsOnly ? 'scalar' : 'any') : [...types][0]!;
    const description = `${inWords(pointer)} of ${this.kind} ${this.name}.`;
    return new Hole(this.value(path, type, description, { byVariant: found }), isOptional || type === 'any');
  }

  private value(
    path: readonly string[],
    type: ChartValue['type'],
    description: string,
    { byVariant, isVolatile = false }: Pick<ChartValue, 'byVariant'> & { isVolatile?: boolean },
  ): ChartValue {
    const free = this.isFree(path) ? path : this.numbered(path);
    for (let length = 1; length < free.length; length++) this.taken.set(free.slice(0, length).join('.'), 'branch');
    this.taken.set(free.join('.'), 'leaf');
    const value: ChartValue = { path: free, type, description, byVariant, isVolatile };
    this.values.push(value);
    return value;
  }

  /** What a person would call it: the kind, and the parts of the pointer that say something. */
  private freePath(pointer: Pointer): readonly string[] {
    const parts = pointer.flatMap((part, at): string[] => {
      if (typeof part === 'object') return pointer[at - 1] === 'containers' ? [] : [part.name ?? String(part.index)];
      const isOwnValue = part === 'value' && at === pointer.length - 1 && typeof pointer[at - 1] === 'object';
      return SILENT.has(part) || isOwnValue ? [] : [part];
    });
    const below = parts.map(camel).filter((part) => part !== '');
    const path = [...(this.section === '' ? [] : [this.section]), ...(below.length > 0 ? below : ['value'])];
    return path;
  }

  private isFree(path: readonly string[]): boolean {
    if (this.taken.has(path.join('.'))) return false;
    return !path.some((_, length) => length > 0 && this.taken.get(path.slice(0, length).join('.')) === 'leaf');
  }

  private numbered(path: readonly string[]): readonly string[] {
    // The first key too, as it may be a value itself.
    for (let number = 2; ; number++) {
      const last = [...path.slice(0, -1), `${path.at(-1)}${number}`];
      if (this.isFree(last)) return last;
      const first = [`${path[0]}${number}`, ...path.slice(1)];
      if (path.length > 1 && this.isFree(first)) return first;
    }
  }
}

/** Key under which the include of the labels stands; replaced with its line. */
export const INCLUDE_KEY = 'aviary-include';
/** Whether a label names the release of Helm. */
export const isInstanceLabel = (key: string): boolean => INSTANCE_LABELS.has(key);

const isEmpty = (map: object): boolean => Object.keys(map).length === 0;

function typeOf(value: unknown): ChartValue['type'] {
  if (Array.isArray(value)) return 'list';
  if (isFields(value)) return 'map';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (Number.isSafeInteger(value)) return 'integer';
  return typeof value === 'number' ? 'number' : 'scalar';
}

/** The keys of all maps, each in the order of the first map that has it, behind what stands before it there. */
function mergedOrder(maps: readonly object[]): string[] {
  const order: string[] = [];
  for (const map of maps) {
    let at = 0;
    for (const key of Object.keys(map)) {
      const known = order.indexOf(key);
      if (known < 0) order.splice(at++, 0, key);
      else at = known + 1;
    }
  }
  return order;
}

/** `spec.analysis.webhooks[load-test].timeout`. */
function inWords(pointer: Pointer): string {
  return pointer.reduce<string>((text, part) => {
    if (typeof part === 'object') return `${text}[${part.name ?? part.index}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

/** `aviary.dev/rollout-duration` becomes `rolloutDuration`, `HTTPRoute` `httpRoute`. */
function camel(text: string): string {
  if (/^[A-Z][A-Z0-9_]*$/.test(text) && text.includes('_')) return text;
  const words = text
    .replace(/^[a-z0-9.-]+\//, '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  const [first = '', ...others] = words;
  const head = /^[A-Z]{2,}$/.test(first)
    ? first.toLowerCase()
    : first.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]/, (match) => match.toLowerCase());
  return [head, ...others.map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`)].join('');
}
