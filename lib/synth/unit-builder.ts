import { createHash } from 'node:crypto';
import type { Unit } from '../charts';
import type { Finding } from '../findings';
import type { KubeObject } from '../kube';
import { outPathError, Staging, type StagingOptions, type TreeFile } from '../tree';
import { codePlace } from './code-finding';
import { UnrepresentableValue, YamlEmitter } from './emit-yaml';
import { generatedText } from './generated';
import { objectsOf } from './object-id';
import { type PackEntry, PackWriter } from './pack';
import type { RenderedFile } from './render';

/** What is left of a unit when its objects and texts are on the disk. */
export interface BuiltUnit {
  readonly id: string;
  readonly files: readonly TreeFile[];
  readonly releases: Readonly<Record<string, string>>;
  /** The objects' identities, short, with blanks between them: ten thousand lists would cost more to read than all else. */
  readonly objectIds: string;
  readonly objects: number;
  /** How many of the objects are Canaries. */
  readonly canaries: number;
  readonly constructs: number;
  /** The files' documents as JSON: `[{path, documents}]`. */
  readonly entry: PackEntry;
  /** The same text, where it is asked for. */
  readonly text?: string;
  readonly findings: readonly Finding[];
}

/** Where a builder puts what it builds. */
export interface UnitBuilderOptions extends StagingOptions {
  readonly packFolder: string;
}

/** Builds units one after the other and puts what they give on the disk at once, so that nothing of it stays in memory. */
export class UnitBuilder {
  readonly emitter = new YamlEmitter();
  private readonly pack: PackWriter;
  private readonly staging: Staging;

  constructor(options: UnitBuilderOptions) {
    this.staging = new Staging(options);
    this.pack = new PackWriter(options.fs, options.packFolder, `${options.name}.pack`);
  }

  /** What goes wrong in the unit's code is a finding; what goes wrong on the disk is thrown. */
  build(unit: Unit, withText = false): BuiltUnit {
    const { renderUnit } = require('./render') as typeof import('./render');
    let rendered: ReturnType<typeof renderUnit>;
    try {
      rendered = renderUnit(unit);
    } catch (error) {
      return this.failed(unit, error);
    }
    const findings: Finding[] = [];
    const files: TreeFile[] = [];
    for (const file of rendered.files) {
      if (file.isWritten === false) continue;
      const written = this.write(unit, file, findings);
      if (written) files.push(written);
    }
    const text = JSON.stringify(rendered.files);
    return {
      id: unit.id,
      files,
      releases: rendered.releases,
      objectIds: rendered.files
        .flatMap(({ documents }) => objectsOf(documents).map((object) => shortId(unit.cluster, object)))
        .join(' '),
      objects: rendered.work.objects,
      canaries: rendered.files.reduce((sum, { documents }) => sum + documents.filter(isCanary).length, 0),
      constructs: rendered.work.constructs,
      entry: this.pack.add(text),
      ...(withText ? { text } : {}),
      findings,
    };
  }

  /** Stages a text unless the tree has it already. */
  stage(file: string, text: string): TreeFile {
    return this.staging.stage(file, text);
  }

  /** Keeps a text beside the objects. */
  addText(text: string): PackEntry {
    return this.pack.add(text);
  }

  flush(): void {
    this.pack.flush();
  }

  close(): void {
    this.pack.close();
  }

  /** Name and size of the pack with the objects of all units built here. */
  get packSize(): { readonly pack: string; readonly size: number } {
    return { pack: this.pack.name, size: this.pack.size };
  }

  private write(unit: Unit, file: RenderedFile, findings: Finding[]): TreeFile | undefined {
    const pathError = outPathError(file.path);
    if (pathError !== undefined) {
      findings.push(unsafePath(unit, file.path, pathError));
      return undefined;
    }
    let text: string;
    try {
      text = file.text ?? generatedText(this.emitter, file.documents);
    } catch (error) {
      if (!(error instanceof UnrepresentableValue)) throw error;
      findings.push(unrepresentable(unit, file, error));
      return undefined;
    }
    return this.stage(file.path, text);
  }

  private failed(unit: Unit, error: unknown): BuiltUnit {
    const finding = constructFailed(unit, error);
    return {
      id: unit.id,
      files: [],
      releases: {},
      objectIds: '',
      objects: 0,
      canaries: 0,
      constructs: 0,
      entry: this.pack.add(''),
      findings: [finding],
    };
  }
}

/** Whether Flagger rolls by the object. */
export function isCanary(object: unknown): boolean {
  const { kind, apiVersion } = (object ?? {}) as Partial<KubeObject>;
  return kind === 'Canary' && typeof apiVersion === 'string' && apiVersion.startsWith('flagger.app/');
}

/** 48 bits of what names the object in its cluster: the cache holds one for each. Equal ones are compared in full. */
function shortId(cluster: string, object: string): string {
  return createHash('sha1').update(`${cluster}\0${object}`).digest('base64url').slice(0, 8);
}

function unsafePath(unit: Unit, file: string, error: string): Finding {
  return {
    code: 'unsafe-path',
    severity: 'error',
    place: { file, cluster: unit.cluster },
    message: `the path "${file}" of a file of ${unit.id} ${error}`,
    cause: 'A chart may only write below the output folder.',
    fix: 'Give the chart a relative path such as "clusters/production/apps/cart.yaml"',
  };
}

function unrepresentable(unit: Unit, file: RenderedFile, error: UnrepresentableValue): Finding {
  const object = file.documents[error.document] as Partial<KubeObject> | undefined;
  const name = [object?.kind, object?.metadata?.name].filter((one) => typeof one === 'string').join(' ');
  return {
    code: 'unrepresentable-value',
    severity: 'error',
    place: { file: file.path, cluster: unit.cluster, object: name || unit.id, pointer: error.pointer },
    message: `${name || `an object of ${unit.id}`} has a value that cannot be written: ${error.message}`,
    cause: 'What Flux reads is what was meant, or nothing: a value that its readers lose or refuse is not written.',
    fix: error.reason.startsWith('a text')
      ? 'leave the character out, write it as the escape of whatever reads the text, or put the text into binaryData of a ConfigMap, in base64'
      : 'give a value that JSON has, or leave the field out',
  };
}

/** What went wrong in a unit's code, as a finding; the disk is asked by none of it on our behalf. */
export function constructFailed(unit: Unit, error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'construct-failed',
    severity: 'error',
    place: { ...codePlace(error), cluster: unit.cluster },
    message: `${unit.id} cannot be built: ${message}`,
    cause: 'A construct refused its props, its validation failed, or code that changes it did.',
    fix: 'Mend the value that the message names, in the catalog or in the code that adds the construct',
  };
}
