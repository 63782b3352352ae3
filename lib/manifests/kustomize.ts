import { basename, dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseDocument } from 'yaml';
import { type Finding, YamlSource } from '../findings';
import { at, atPath, isClusterScoped, isFields, listAt, textAt } from '../kube';
import type { Build, BuildInputs, Surroundings } from './disk';
import type { Change } from './flux-objects';
import type { ManifestObject } from './manifest-object';
import { foldersAround, type ManifestTree, shownPath } from './manifest-tree';
import { push } from './push';
import { readManifests } from './read-manifests';

/** A kustomization taken for itself, not as a part of another one. */
export interface KustomizeRoot {
  /** Absolute, without links, as all folders and files here. */
  readonly folder: string;
  /** As findings name it. */
  readonly file: string;
  /** This folder, and those of the kustomizations that it takes in. */
  readonly folders: ReadonlySet<string>;
  /** The files of which it is made, patches and values too. */
  readonly files: ReadonlySet<string>;
  /** Whether it changes what it lists, or lists what is not there: then only a build tells. */
  readonly needsBuild: boolean;
  /** What it gives: built where that is needed and can be done, else the objects that it lists as they are. Built at the first question. */
  objects(): readonly ManifestObject[];
  /** Addresses that it takes from the network, and the namespace into which their objects go, where it says so. */
  readonly remotes: readonly { readonly address: string; readonly namespace: string | undefined }[];
}

const NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** Fields that leave the resources as they are: with these alone the files can be read as they are. */
const HARMLESS = new Set(['apiVersion', 'kind', 'metadata', 'resources', 'bases', 'sortOptions', 'buildMetadata']);
/** Fields whose texts are paths or addresses. */
const PATH_LISTS = [
  'resources',
  'bases',
  'components',
  'crds',
  'configurations',
  'generators',
  'transformers',
  'validators',
  'patchesStrategicMerge',
];

/** One kustomization file. */
interface Kustomization {
  /** As findings name it. */
  readonly file: string;
  readonly path: string;
  /** Absolute, without links. */
  readonly folder: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly text: string;
}

interface Reference {
  /** JSON pointer into the kustomization. */
  readonly pointer: string;
  readonly text: string;
}

/**
 * The kustomizations among the files. One that changes what it lists is built with kustomize or kubectl when its objects are
 * asked for, and a finding says why where it cannot. No network and no plugins: what a build would fetch is refused before it starts.
 */
export class Kustomizations {
  private readonly byFolder: ReadonlyMap<string, Kustomization>;
  private readonly taken = new Map<string, KustomizeRoot>();
  private readonly problems: Finding[] = [];
  private readonly notBuilt: Kustomization[] = [];
  private readonly outside = new Map<string, readonly ManifestObject[]>();
  private builder: { readonly build: Build | undefined } | undefined;
  /** How many were built. */
  builds = 0;

  constructor(
    private readonly tree: ManifestTree,
    private readonly options: Surroundings,
  ) {
    const all = tree.paths
      .filter((path) => NAMES.includes(basename(path)))
      .map((path) => kustomizationOf(path, new TextDecoder().decode(tree.content(path) ?? new Uint8Array()), options))
      .filter((one) => one !== undefined);
    // As the user named them.
    this.byFolder = new Map(all.map((one) => [one.folder, { ...one, file: tree.fileOf(one.path) ?? one.file }]));
  }

  /** Why kustomizations that were asked for are not built. */
  get findings(): readonly Finding[] {
    const [first] = this.notBuilt;
    // Two roots can take in the same part.
    const problems = [...new Map(this.problems.map((finding) => [JSON.stringify(finding), finding])).values()];
    return first ? [...problems, notBuilt(first, this.notBuilt.length)] : problems;
  }

  /** Folders with a kustomization. */
  folders(): readonly string[] {
    return [...this.byFolder.keys()];
  }

  /** The kustomizations that no other one takes in; components are nothing by themselves. */
  roots(): readonly KustomizeRoot[] {
    const all = [...this.byFolder.values()];
    const included = new Set(
      all.flatMap((one) =>
        this.partsOf(one)
          .slice(1)
          .map(({ folder }) => folder),
      ),
    );
    return all
      .filter(({ folder, fields }) => !included.has(folder) && fields.kind !== 'Component')
      .map((one) => this.take(one));
  }

  /** The kustomization in a folder, taken for itself whoever else takes it in. */
  at(folder: string): KustomizeRoot | undefined {
    const one = this.byFolder.get(folder);
    return one && this.take(one);
  }

  /** The folders with a kustomization that holds the path, from the innermost one. */
  holderOf(path: string): string | undefined {
    return foldersAround(dirname(path)).findLast((folder) => this.byFolder.has(folder));
  }

  /** Whether some kustomization names the file for what it is no object: a patch, a value, a configuration. */
  isAuxiliary(path: string): boolean {
    this.auxiliary ??= new Set(
      [...this.byFolder.values()].flatMap((one) => {
        const resources = new Set(resourceFiles(one, this.options));
        return filesOf(one, this.options).filter((file) => !resources.has(file));
      }),
    );
    return this.auxiliary.has(path);
  }
  private auxiliary: ReadonlySet<string> | undefined;

  private readonly parts = new Map<string, readonly Kustomization[]>();
  private partsOf(one: Kustomization): readonly Kustomization[] {
    const known = this.parts.get(one.folder);
    if (known) return known;
    const parts = partsOf(one, this.options);
    this.parts.set(one.folder, parts);
    return parts;
  }

  private partsIn(folder: string): readonly Kustomization[] {
    const one = kustomizationIn(folder, this.options);
    return one ? this.partsOf(one) : [];
  }

  private take(one: Kustomization): KustomizeRoot {
    const known = this.taken.get(one.folder);
    if (known) return known;
    const parts = this.partsOf(one);
    let objects: readonly ManifestObject[] | undefined;
    const needsBuild = parts.some((part) => changes(part) || missesOf(part, this.options));
    const root: KustomizeRoot = {
      folder: one.folder,
      file: one.file,
      folders: new Set(parts.map(({ folder }) => folder)),
      files: new Set(parts.flatMap((part) => filesOf(part, this.options))),
      needsBuild,
      remotes: parts.flatMap((part) =>
        [...listAt(part.fields, 'resources'), ...listAt(part.fields, 'bases'), ...listAt(part.fields, 'components')]
          .filter((text): text is string => typeof text === 'string' && isRemote(text))
          .map((address) => ({
            address,
            namespace: textAt(one.fields, 'namespace') ?? textAt(part.fields, 'namespace'),
          })),
      ),
      objects: () => {
        objects ??= this.objectsOf(one, parts, needsBuild);
        return objects;
      },
    };
    this.taken.set(one.folder, root);
    return root;
  }

  private objectsOf(
    root: Kustomization,
    parts: readonly Kustomization[],
    needsBuild: boolean,
  ): readonly ManifestObject[] {
    const listed = parts.flatMap((part) => resourceFiles(part, this.options).map((path) => ({ path, part })));
    const twice = listed.filter(({ path }) =>
      this.tree.findings(path).some(({ code }) => code === 'manifest-key-twice'),
    );
    if (needsBuild || twice.length > 0) {
      const built = this.build(
        root,
        parts,
        twice.map(({ path }) => path),
      );
      if (built) return built;
    }
    // As they are, but for the namespace, of which most rules ask.
    return [...new Map(listed.map((one) => [one.path, one])).values()].flatMap(({ path, part }) =>
      this.read(path).map((input) =>
        inNamespace(input, textAt(root.fields, 'namespace') ?? textAt(part.fields, 'namespace')),
      ),
    );
  }

  private read(path: string): readonly ManifestObject[] {
    if (this.tree.content(path)) return this.tree.inputs(path);
    const known = this.outside.get(path);
    if (known) return known;
    const { inputs } = readManifests([
      { file: shownPath(path, this.options.cwd), content: this.options.disk.read(path) },
    ]);
    this.outside.set(path, inputs);
    return inputs;
  }

  private build(
    root: Kustomization,
    parts: readonly Kustomization[],
    twice: readonly string[],
  ): readonly ManifestObject[] | undefined {
    const foreign = parts.flatMap((part) => foreignOf(part).map((reference) => remote(part, reference)));
    if (foreign.length > 0) {
      this.problems.push(...foreign);
      return undefined;
    }
    const build = this.findBuilder();
    if (!build) {
      this.notBuilt.push(root);
      return undefined;
    }
    this.builds += 1;
    const built = build(root.folder, inputsOf(parts, this.options));
    if ('error' in built) {
      const files = /already (set|defined)/.test(built.error) ? twice.map((path) => basename(path)) : [];
      this.problems.push(
        failed(root, files.length > 0 ? `${built.error} (${files.join(', ')})` : built.error, this.options),
      );
      return undefined;
    }
    const read = readManifests([{ file: root.file, content: new TextEncoder().encode(built.text) }]);
    this.problems.push(...read.findings.map((finding) => ({ ...finding, place: { file: root.file } })));
    return this.placed(
      read.inputs,
      root.file,
      parts.flatMap((part) => resourceFiles(part, this.options)),
    );
  }

  private findBuilder(): Build | undefined {
    this.builder ??= { build: this.options.builder() };
    return this.builder.build;
  }

  /**
   * What a Kustomization of Flux makes of a kustomization, or of files as they are; undefined where nobody can build it
   * here. One that fails changes nothing: whether Flux fails too depends on values that are not here.
   */
  changed({ root, paths, by, folder, isWhole }: Changed, change: Change): readonly ManifestObject[] | undefined {
    const own = root && this.byFolder.get(root.folder);
    const parts = own ? this.partsOf(own) : [];
    const build =
      root?.remotes.length || parts.some((part) => foreignOf(part).length > 0) ? undefined : this.findBuilder();
    if (!build) return undefined;
    this.builds += 1;
    const components = change.components.map((path) => resolve(folder, path));
    const files = root ? [] : paths.filter((path) => path !== '-');
    const built = build(
      { fields: change.fields, resources: root ? [root.folder] : files, components },
      inputsOf([...parts, ...components.flatMap((path) => this.partsIn(path))], this.options, files),
    );
    const place = { file: root?.file ?? shownPath(paths[0]!, this.options.cwd) };
    if ('error' in built) {
      // One that cannot be built by itself says so itself.
      const isFault = () =>
        !this.problems.some(({ code, place: { file } }) => code === 'kustomize-failed' && file === place.file);
      if (isWhole && (!root || (root.objects() && isFault())))
        this.problems.push(failedChange(place.file, by, built.error, this.options));
      return undefined;
    }
    const read = readManifests([{ file: place.file, content: new TextEncoder().encode(built.text) }]);
    return this.placed(
      read.inputs,
      place.file,
      root ? parts.flatMap((part) => resourceFiles(part, this.options)) : paths,
    );
  }

  /**
   * Each object at the manifest that it comes from, where one of its kind and name is listed as a resource, and a field
   * there as long as the build has left it as it is; all else at the root.
   */
  private placed(inputs: readonly ManifestObject[], rootFile: string, files: readonly string[]): ManifestObject[] {
    const sources = new Map<string, ManifestObject[]>();
    for (const path of new Set(files)) for (const input of this.read(path)) push(sources, keyOf(input), input);
    return inputs.map(({ object, ...input }) => {
      const found = sources.get(keyOf({ object })) ?? [];
      const [source] = found;
      const place = (pointer: string) => {
        const isSame = (path: string) => {
          const steps = path
            .split('/')
            .slice(1)
            .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
          // The build sorts keys.
          return source !== undefined && isDeepStrictEqual(atPath(object, steps), atPath(source.object, steps));
        };
        const isTraced = source && found.length === 1;
        if (!isTraced || (pointer !== '' && !isSame(pointer))) return { file: rootFile };
        return source.place(pointer, source.object);
      };
      return { ...input, object, file: rootFile, place };
    });
  }
}

/** Fields whose files name further files. */
const PLUGINS = ['generators', 'transformers', 'validators', 'helmCharts', 'helmChartInflationGenerator'];

/** What a build of these reads, and of files; undefined where it is not known. */
function inputsOf(
  parts: readonly Kustomization[],
  options: Surroundings,
  files: readonly string[] = [],
): BuildInputs | undefined {
  if (parts.some(({ fields }) => PLUGINS.some((field) => fields[field] !== undefined))) return undefined;
  return {
    folders: [...new Set(parts.map(({ folder }) => folder))],
    files: [...new Set([...files, ...parts.flatMap((part) => filesOf(part, options))])],
  };
}

/** Whether it does more than to list. */
function changes({ fields }: Kustomization): boolean {
  return Object.keys(fields).some((field) => !HARMLESS.has(field));
}

/** Whether it lists what is not there. */
function missesOf(one: Kustomization, options: Surroundings): boolean {
  return [...listAt(one.fields, 'resources'), ...listAt(one.fields, 'bases')].some((text) => {
    if (typeof text !== 'string' || isRemote(text)) return false;
    const path = resolve(one.folder, text);
    const kind = options.disk.kindOf(path);
    return (
      kind === undefined ||
      (kind === 'folder' && !NAMES.some((name) => options.disk.kindOf(join(path, name)) === 'file'))
    );
  });
}

/** The files that it lists as resources. */
function resourceFiles(one: Kustomization, { disk }: Surroundings): string[] {
  return [...listAt(one.fields, 'resources'), ...listAt(one.fields, 'bases')]
    .filter((text): text is string => typeof text === 'string' && !isRemote(text))
    .map((text) => resolve(one.folder, text))
    .filter((path) => disk.kindOf(path) === 'file')
    .flatMap((path) => disk.realPath(path) ?? []);
}

function inNamespace(input: ManifestObject, namespace: string | undefined): ManifestObject {
  if (namespace === undefined || isClusterScoped(input.object.kind)) return input;
  const { object } = input;
  return { ...input, object: { ...object, metadata: { ...object.metadata, namespace } } };
}

function kustomizationOf(path: string, text: string, { cwd, disk }: Surroundings): Kustomization | undefined {
  let fields: unknown;
  try {
    const document = parseDocument(text, { logLevel: 'silent' });
    if (document.errors.length > 0) return undefined;
    fields = document.toJS({ maxAliasCount: 1000 });
  } catch {
    // What is no YAML has a finding of its own, as every manifest.
    return undefined;
  }
  const isOurs =
    isFields(fields) &&
    (fields.apiVersion === undefined || /^kustomize\.config\.k8s\.io\//.test(`${fields.apiVersion}`));
  const folder = isOurs ? disk.realPath(dirname(path)) : undefined;
  return folder === undefined ? undefined : { file: shownPath(path, cwd), path, folder, fields: fields as never, text };
}

/** The kustomization and all that it takes in, itself first; those outside of what was named are read from the disk. */
function partsOf(root: Kustomization, options: Surroundings): Kustomization[] {
  const parts = new Map<string, Kustomization>();
  const visit = (one: Kustomization) => {
    if (parts.has(one.folder)) return;
    parts.set(one.folder, one);
    for (const { text } of referencesOf(one)) {
      const found = isRemote(text) ? undefined : kustomizationIn(resolve(one.folder, text), options);
      if (found) visit(found);
    }
  };
  visit(root);
  return [...parts.values()];
}

function kustomizationIn(folder: string, options: Surroundings): Kustomization | undefined {
  for (const name of NAMES) {
    const file = join(folder, name);
    if (options.disk.kindOf(file) !== 'file') continue;
    return kustomizationOf(file, new TextDecoder().decode(options.disk.read(file)), options);
  }
  return undefined;
}

/** All paths and addresses that the kustomization names. */
function referencesOf({ fields }: Kustomization): Reference[] {
  const found: Reference[] = [];
  const add = (pointer: string, value: unknown) => {
    // Patches and generators can stand in the file itself.
    if (typeof value === 'string' && value !== '' && !value.includes('\n')) found.push({ pointer, text: value });
  };
  for (const field of PATH_LISTS)
    listAt(fields, field).forEach((text, index) => {
      add(`/${field}/${index}`, text);
    });
  for (const field of ['patches', 'patchesJson6902', 'replacements'])
    listAt(fields, field).forEach((patch, index) => {
      add(`/${field}/${index}/path`, at(patch, 'path'));
    });
  for (const field of ['configMapGenerator', 'secretGenerator'])
    listAt(fields, field).forEach((generator, index) => {
      add(`/${field}/${index}/env`, at(generator, 'env'));
      for (const list of ['files', 'envs'])
        listAt(generator, list).forEach((text, position) => {
          // `name=path`
          add(`/${field}/${index}/${list}/${position}`, typeof text === 'string' ? text.replace(/^[^=]*=/, '') : text);
        });
    });
  add('/openapi/path', at(fields, 'openapi', 'path'));
  return found;
}

/** @see kubernetes-sigs/kustomize api/internal/git/repospec.go: what is taken for the address of a repository */
function isRemote(text: string): boolean {
  return (
    /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ||
    /^git@|^(www\.)?(github|gitlab|bitbucket)\.(com|org)[/:]|^gh:|^[\w.-]+@[\w.-]+:/i.test(text) ||
    /[?&](ref|version|timeout|submodules)=/.test(text) ||
    /\.git(\/|$)/.test(text)
  );
}

/** What the build would fetch, or leave to Helm. */
function foreignOf(one: Kustomization): Reference[] {
  const helm = ['helmCharts', 'helmChartInflationGenerator', 'helmGlobals'].filter((field) => one.fields[field]);
  return [
    ...referencesOf(one).filter(({ text }) => isRemote(text)),
    ...helm.map((field) => ({ pointer: `/${field}`, text: field })),
  ];
}

/** Files that make up the kustomization. */
function filesOf(one: Kustomization, { disk }: Surroundings): string[] {
  const named = referencesOf(one)
    .map(({ text }) => resolve(one.folder, text))
    .filter((path) => disk.kindOf(path) === 'file');
  return [one.path, ...named].flatMap((path) => disk.realPath(path) ?? []);
}

function keyOf({ object }: Pick<ManifestObject, 'object'>): string {
  return `${textAt(object, 'kind')}/${textAt(object, 'metadata', 'name')}`;
}

function remote({ file, text: source }: Kustomization, { pointer, text }: Reference): Finding {
  const isHelm = pointer === `/${text}`;
  return {
    code: 'kustomize-remote',
    severity: 'warning',
    place: { file, ...new YamlSource(source).locate(0, pointer), pointer },
    message: isHelm
      ? `the kustomization has ${text}, which needs Helm`
      : `the kustomization takes "${text}" from the network`,
    cause:
      'nothing is fetched for a check: the files that are here are read as they are, without what the kustomization changes',
    fix: `build it and pipe the result: kustomize build ${isHelm ? '--enable-helm ' : ''}${dirname(file)} | aviary preflight --manifests -`,
    docs: 'docs/rules/kustomize-remote.md',
  };
}

/** What a Kustomization of Flux applies. */
interface Changed {
  readonly root: KustomizeRoot | undefined;
  readonly paths: readonly string[];
  /** Name of the Kustomization. */
  readonly by: string;
  /** That it applies. */
  readonly folder: string;
  /** Whether that is all that it applies. */
  readonly isWhole: boolean;
}

function failedChange(file: string, by: string, error: string, { cwd }: Surroundings): Finding {
  return {
    code: 'kustomize-failed',
    severity: 'warning',
    place: { file },
    message: `the patches, images or components of Kustomization "${by}" of Flux cannot be applied: ${error.replaceAll(`${cwd}/`, '')}`,
    cause: 'Flux fails in the same way as long as nothing else mends it; what it applies is read without them',
    fix: `mend what it complains about in spec of Kustomization "${by}"`,
    docs: 'docs/rules/kustomize-failed.md',
  };
}

function notBuilt({ file }: Kustomization, count: number): Finding {
  const more = count - 1;
  const which =
    more === 0
      ? 'the kustomization changes what it lists'
      : `this and ${more} more kustomization${more === 1 ? '' : 's'} change what they list`;
  return {
    code: 'kustomize-not-built',
    severity: 'info',
    place: { file },
    message: `${which}, and neither kustomize nor kubectl is on the PATH: its files are read as they are`,
    cause: 'namespaces, patches, images and generated objects are known only after the build',
    fix: `install kustomize, or pipe the result: kustomize build ${dirname(file)} | aviary preflight --manifests -`,
    docs: 'docs/rules/kustomize-not-built.md',
  };
}

function failed({ file, folder }: Kustomization, error: string, { cwd }: Surroundings): Finding {
  return {
    code: 'kustomize-failed',
    severity: 'error',
    place: { file },
    message: `the kustomization cannot be built: ${error.replaceAll(`${folder}/`, '').replaceAll(`${cwd}/`, '')}`,
    cause: 'whoever applies it fails in the same way, and applies nothing of it; here its files are read as they are',
    fix: `mend what it complains about: kustomize build ${dirname(file)} says it again`,
    docs: 'docs/rules/kustomize-failed.md',
  };
}
