import { createHash } from 'node:crypto';
import type { ApiObject, App, Chart, JsonPatch } from 'cdk8s';
import type { IConstruct, IMixin } from 'constructs';
import type { Unit, UnitInput } from '../charts';
import type { ManifestFile } from '../constructs';
import type { Finding } from '../findings';
import { isFields, type KubeObject } from '../kube';
import { type CheckedObject, codeFinding, codePlace } from '../synth';
import { type Inputs, inputsDigest } from './inputs';

/** What the catalog makes of a service in one cluster. */
export interface MadeService {
  readonly cluster: string;
  readonly chart: Chart;
  /** A JSON patch on it is applied after the generated class, which would drop fields that it does not know. */
  readonly deployment: ApiObject;
  /** Absent where the service has none in this cluster. */
  readonly canary?: ApiObject;
}

/** Where a rendered object goes. */
export interface ObjectPlace {
  readonly cluster: string;
  /** `apps`, or the layer. */
  readonly layer: string;
}

/** An object of the tree, for a check. */
export interface TreeObject {
  readonly object: KubeObject;
  readonly cluster: string;
  /** Below the output folder. */
  readonly path: string;
}

/** What a check of one's own has found. */
export interface Violation {
  readonly object: KubeObject;
  /** JSON pointer to the field. @default the object */
  readonly pointer?: string;
  readonly severity: 'error' | 'warning';
  /** One sentence: what is wrong, the value that was seen. */
  readonly message: string;
  /** What to do. */
  readonly fix: string;
}

/** Changes what the catalog makes of a service. */
export type Configure = (made: MadeService) => void;
/** Changes a rendered object, or leaves it out. */
export type Transform = (object: KubeObject, where: ObjectPlace) => KubeObject | undefined;
/** Looks at all objects before anything is written. */
export type Check = (objects: Iterable<TreeObject>) => Iterable<Violation>;

interface Registered<T> {
  readonly id: string;
  readonly call: T;
  readonly inputs: Inputs;
}

/**
 * The user's code that is called while a tree is made.
 * @internal
 */
export class Callbacks {
  private readonly configures = new Map<string, Registered<Configure>[]>();
  private readonly mixins: (Registered<IMixin> & { readonly priority: number })[] = [];
  private readonly transforms: Registered<Transform>[] = [];
  private readonly checks: Registered<Check>[] = [];
  private readonly mixed = new WeakMap<IConstruct, Set<IMixin>>();

  configure(service: string, call: Configure, inputs: Inputs): void {
    const list = this.configures.get(service) ?? [];
    this.configures.set(service, list);
    list.push({ id: `service("${service}").configure`, call, inputs });
  }

  apply(call: IMixin, { priority = 0, ...inputs }: Inputs & { readonly priority?: number }): void {
    const before = this.mixins.findIndex((mixin) => mixin.priority > priority);
    this.mixins.splice(before < 0 ? this.mixins.length : before, 0, { id: 'apply', call, inputs, priority });
  }

  transform(id: string, call: Transform, inputs: Inputs): void {
    refuseTwice('transform', id, this.transforms);
    this.transforms.push({ id, call, inputs });
  }

  check(id: string, call: Check, inputs: Inputs): void {
    if (!/^[a-z][a-z0-9-]*$/.test(id))
      throw new Error(`check "${id}": an id is lower-case words with hyphens, such as "no-latest"`);
    refuseTwice('check', id, this.checks);
    this.checks.push({ id, call, inputs });
  }

  get isEmpty(): boolean {
    return this.configures.size + this.mixins.length + this.transforms.length + this.checks.length === 0;
  }

  /** Names of the services that are configured. */
  get services(): readonly string[] {
    return [...this.configures.keys()];
  }

  /** Digest of what all of them read, and of which there are: their code is another matter. */
  digest(findings: Finding[]): string {
    const of = (list: readonly Registered<unknown>[]) =>
      list.map(({ id, inputs }) => [id, inputsDigest(inputs, id, findings)]);
    const configures = [...this.configures].map(([service, list]) => [service, of(list)]);
    const parts = [configures, of(this.mixins), of(this.transforms), of(this.checks)];
    return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
  }

  /** The unit with what is called on it; itself where that is nothing. */
  extend(unit: Unit): Unit {
    const kind = unit.of ? 'service' : (unit.input as UnitInput).kind;
    // Lists of files hold no objects; an added chart was changed before it was rendered.
    if (kind === 'wave' || kind === 'chart') return unit;
    const configures = unit.of ? (this.configures.get(unit.of.service.name) ?? []) : [];
    const called = [...configures, ...this.mixins, ...this.transforms];
    if (called.length === 0) return unit;
    return {
      ...unit,
      salt: called.map(({ id, inputs }) => `${id}=${inputsDigest(inputs, id, [])}`).join('\n'),
      isLocal: true,
      build: (app) => {
        unit.build(app);
        for (const { call } of configures) call(madeService(app, unit.cluster));
        this.mixInto(app);
        this.transformFiles(app, unit.cluster);
      },
    };
  }

  /** Applies the mixins to all that is below, each once. */
  mixInto(root: IConstruct): void {
    for (const { call } of this.mixins)
      for (const construct of root.node.findAll()) {
        const known = this.mixed.get(construct) ?? new Set();
        this.mixed.set(construct, known);
        if (known.has(call)) continue;
        known.add(call);
        if (call.supports(construct)) call.applyTo(construct);
      }
  }

  /** The rendered objects of a chart as they shall be written. */
  transformObjects(objects: readonly unknown[], where: ObjectPlace): unknown[] {
    return objects
      .map((object) => this.transformed(object, where))
      .filter((object): object is KubeObject => object !== undefined);
  }

  get hasTransforms(): boolean {
    return this.transforms.length > 0;
  }

  private transformFiles(app: App, cluster: string): void {
    if (this.transforms.length === 0) return;
    for (const chart of app.node.findAll()) {
      // Lists of files are no objects.
      if (!('transformations' in chart) || 'documents' in chart) continue;
      const file = chart as ManifestFile;
      const layer = file.path.split('/')[2] ?? '';
      file.transformations.push((object) => this.transformed(object, { cluster, layer }));
    }
  }

  private transformed(object: unknown, where: ObjectPlace): unknown {
    let changed = object;
    for (const { id, call } of this.transforms) {
      changed = call(structuredClone(changed) as KubeObject, where);
      if (changed === undefined) return undefined;
      if (!isFields(changed)) throw new Error(`transform "${id}" gave something that is no object`);
    }
    return changed;
  }

  /** What the user's checks say of a tree. */
  run(objects: Iterable<CheckedObject>): Finding[] {
    if (this.checks.length === 0) return [];
    const places = new Map<KubeObject, TreeObject>();
    for (const { object, cluster, file } of objects)
      if (isFields(object.metadata) && !String(object.apiVersion).startsWith('kustomize.config.k8s.io/'))
        places.set(object, { object, cluster, path: file });
    return this.checks.flatMap((check) => runCheck(check, places));
  }
}

function refuseTwice(what: string, id: string, known: readonly Registered<unknown>[]): void {
  if (known.some((one) => one.id === id)) throw new Error(`there is a ${what} "${id}" already`);
}

function runCheck({ id, call }: Registered<Check>, places: ReadonlyMap<KubeObject, TreeObject>): Finding[] {
  try {
    return [...call(places.values())].map(({ object, pointer, severity, message, fix }): Finding => {
      const place = places.get(object);
      const { kind, metadata } = object;
      const name = metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
      return {
        code: id,
        severity,
        place: {
          ...(place ? { file: place.path, cluster: place.cluster } : {}),
          object: `${kind} ${name}`,
          ...(pointer === undefined ? {} : { pointer }),
        },
        message,
        fix,
      };
    });
  } catch (error) {
    return [codeFinding(error, `check "${id}" failed`)];
  }
}

/** The chart and the objects of a service's unit, with patches that come after the generated classes. */
function madeService(app: App, cluster: string): MadeService {
  const constructs = app.node.findAll();
  const chart = constructs.find((one) => 'transformations' in one) as unknown as ManifestFile;
  const objects = constructs.filter((one) => 'apiGroup' in one && 'kind' in one) as unknown as ApiObject[];
  for (const object of objects) patchLate(object, chart);
  const deployment = objects.find(({ kind }) => kind === 'Deployment')!;
  const canary = objects.find(({ kind, apiGroup }) => kind === 'Canary' && apiGroup === 'flagger.app');
  return { cluster, chart, deployment, ...(canary ? { canary } : {}) };
}

/** Lets a JSON patch find the object as it will be written. */
function patchLate(object: ApiObject, file: ManifestFile): void {
  object.addJsonPatch = (...operations: JsonPatch[]) => {
    const { JsonPatch: patches } = require('cdk8s') as typeof import('cdk8s');
    const { kind, name } = object;
    const from = new Error();
    file.transformations.push((rendered) => {
      if (!isFields(rendered) || rendered.kind !== kind) return rendered;
      if (!isFields(rendered.metadata) || rendered.metadata.name !== name) return rendered;
      try {
        return patches.apply(rendered, ...operations);
      } catch (error) {
        const { file: where, line } = codePlace(from);
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`the patch of ${kind} "${name}" at ${where}:${line} does not fit: ${reason}`);
      }
    });
  };
}
