import { apiGroup, at, fieldsAt, type KubeObject, listAt, textAt, textMapAt } from '../kube';
import { plainPath } from './manifest-tree';
import type { Substitutes } from './substitute';

const groups = ['kustomize.toolkit.fluxcd.io', 'fluxcd.controlplane.io', 'argoproj.io'];

/** What a text has that can hold a Kustomization of Flux, a FluxInstance or an Application. */
export const leadsOn = new RegExp(groups.map((group) => group.replaceAll('.', '\\.')).join('|'));

/** Whether it is Flux' Kustomization, not the file of kustomize. */
export function isFluxKustomization(object: KubeObject): boolean {
  return object.kind === 'Kustomization' && apiGroup(object.apiVersion) === 'kustomize.toolkit.fluxcd.io';
}

/** Whether it is a FluxInstance that syncs a source. */
export function isFluxInstance(object: KubeObject): boolean {
  return object.kind === 'FluxInstance' && at(object, 'spec', 'sync') !== undefined;
}

/** Whether it is an Application or ApplicationSet of Argo CD. */
export function isArgoApplication({ kind, apiVersion }: KubeObject): boolean {
  return (kind === 'Application' || kind === 'ApplicationSet') && apiGroup(apiVersion) === 'argoproj.io';
}

/** `kind/name` of the source that a Kustomization names. */
export function sourceOf(kustomization: KubeObject): string {
  const reference = fieldsAt(kustomization, 'spec', 'sourceRef');
  return `${textAt(reference, 'kind') ?? ''}/${textAt(reference, 'name') ?? ''}`;
}

/** An address of a repository as others may write it: without protocol, user and `.git`. */
export function repositoryOf(url: string): string {
  return url
    .toLowerCase()
    .replace(/^[a-z+]+:\/\//, '')
    .replace(/^[^@/]*@/, '')
    .replace(':', '/')
    .replace(/(\.git)?\/*$/, '');
}

/** The values that `postBuild` gives; undefined where nothing is substituted. */
export function substitutesOf(
  kustomization: KubeObject,
  find: (kind: string, name: string) => KubeObject | undefined,
): Substitutes | undefined {
  if (at(kustomization, 'spec', 'postBuild') === undefined) return undefined;
  const from = listAt(kustomization, 'spec', 'postBuild', 'substituteFrom').map((reference) => {
    const object = find(textAt(reference, 'kind') ?? '', textAt(reference, 'name') ?? '');
    return { ...textMapAt(object, 'data'), ...textMapAt(object, 'stringData') };
  });
  const own = Object.entries(fieldsAt(kustomization, 'spec', 'postBuild', 'substitute'));
  return Object.assign({}, ...from, Object.fromEntries(own.map(([name, value]) => [name, `${value}`])));
}

const changing = ['patches', 'images', 'namePrefix', 'nameSuffix'] as const;

/** What the Kustomization does to what it applies, beside values and namespace; undefined where it leaves all as it is. */
export interface Change {
  /** As a kustomization says it. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Paths of components, from the folder that is applied. */
  readonly components: readonly string[];
}

/** @see fluxcd/pkg kustomize v1.39 kustomize_generator.go (WriteFile) */
export function changeOf({ spec }: KubeObject): Change | undefined {
  const fields = Object.fromEntries(
    changing.flatMap((field) => {
      const value = at(spec, field);
      return value === undefined || (Array.isArray(value) && value.length === 0) ? [] : [[field, value]];
    }),
  );
  const components = listAt(spec, 'components').filter((text): text is string => typeof text === 'string');
  return Object.keys(fields).length > 0 || components.length > 0 ? { fields, components } : undefined;
}

/** The paths that the Kustomization applies, from the root of the repository; those in an artifact that Flux puts together, at their origin. */
export function pathsOf(kustomization: KubeObject, generators: readonly KubeObject[]): string[] {
  const path = plainPath(textAt(kustomization, 'spec', 'path') ?? '');
  if (textAt(kustomization, 'spec', 'sourceRef', 'kind') !== 'ExternalArtifact') return [path];
  const name = textAt(kustomization, 'spec', 'sourceRef', 'name');
  const copies = generators
    .flatMap((object) => listAt(object, 'spec', 'artifacts'))
    .filter((artifact) => textAt(artifact, 'name') === name)
    .flatMap((artifact) => listAt(artifact, 'copy'));
  return copies.flatMap((copy) => {
    const { from, to } = foldersOf(textAt(copy, 'from') ?? '', textAt(copy, 'to') ?? '');
    if (isBelow(path, to)) return [plainPath(`${from}/${path.slice(to.length)}`)];
    return isBelow(to, path) ? [from] : [];
  });
}

const isBelow = (path: string, folder: string) => folder === '' || path === folder || path.startsWith(`${folder}/`);

/**
 * The folder that is copied, and what it becomes: `@repo/apps/**` gives what lies in it, `@repo/apps/` the folder itself.
 * @see fluxcd/source-watcher v2.2 docs/spec/v1beta1/artifactgenerators.md (Copy Operations)
 */
function foldersOf(from: string, to: string): { readonly from: string; readonly to: string } {
  const [source, target] = [from, to].map((text) => text.replace(/^@[^/]*/, ''));
  const folder = plainPath(source!.replace(/[^/]*[*?[{].*$/, ''));
  const isWhole = plainPath(source!) === folder;
  return { from: folder, to: plainPath(isWhole ? `${target}/${folder.split('/').at(-1)}` : target!) };
}

/** One path of a repository that an Application or ApplicationSet applies. */
export interface ArgoSource {
  /** From the root of the repository; `*` stands for any name of a folder. */
  readonly path: string;
  /** All folders below it too. */
  readonly recurses: boolean;
  /** For objects that name none. */
  readonly namespace?: string;
  /** Undefined: the cluster in which Argo CD runs. */
  readonly cluster?: string;
}

/** @see argoproj/argo-cd 3.1 docs/user-guide/application-specification.md, docs/operator-manual/applicationset/Generators-Git.md */
export function argoSources(object: KubeObject): readonly ArgoSource[] {
  const spec =
    object.kind === 'ApplicationSet' ? fieldsAt(object, 'spec', 'template', 'spec') : fieldsAt(object, 'spec');
  const namespace = textAt(spec, 'destination', 'namespace');
  const name = textAt(spec, 'destination', 'name');
  const server = textAt(spec, 'destination', 'server');
  const isHere = [name, server].every(
    (one) => one === undefined || one === 'in-cluster' || /kubernetes\.default\.svc/.test(one) || one.includes('{{'),
  );
  const cluster = isHere ? undefined : (name ?? server);
  const folders = generatorFolders(object);
  return [fieldsAt(spec, 'source'), ...listAt(spec, 'sources')].flatMap((source) => {
    const path = textAt(source, 'path');
    if (path === undefined || textAt(source, 'chart') !== undefined) return [];
    const rest = {
      recurses: at(source, 'directory', 'recurse') === true,
      ...(namespace && !namespace.includes('{{') ? { namespace } : {}),
      ...(cluster ? { cluster } : {}),
    };
    // `{{path}}`, `{{.path.path}}`: a folder that the generator finds.
    if (/^\{\{ *\.?path(\.path)? *\}\}$/.test(path)) return folders.map((folder) => ({ path: folder, ...rest }));
    return [{ path: path.replace(/\{\{[^}]*\}\}/g, '*'), ...rest }];
  });
}

function generatorFolders(object: KubeObject): string[] {
  const found: string[] = [];
  const visit = (generators: readonly unknown[]) => {
    for (const generator of generators) {
      for (const folder of listAt(generator, 'git', 'directories')) {
        const path = textAt(folder, 'path');
        if (path !== undefined && at(folder, 'exclude') !== true) found.push(path);
      }
      for (const kind of ['matrix', 'merge']) visit(listAt(generator, kind, 'generators'));
    }
  };
  visit(listAt(object, 'spec', 'generators'));
  return found;
}
