import * as path from 'node:path';
import type { Catalog } from '../catalog';
import { parseServiceFile, releaseForm, type ServicePlace, type Unit, type UnitInput, waveName } from '../charts';
import type { Finding } from '../findings';
import type { ClusterObjects, KubeObject } from '../kube';
import { type FileSystem, INDEX_FILE, indexedFiles, tolerate } from '../tree';
import { type CheckedCatalog, placesOf } from './checked-catalog';

/**
 * What one commit would break on the way from the tree that stands, which Flux has or will have first, to the planned one, though both are sound: a service that
 * Flux deletes before it applies it again, a Canary that is removed together with what it needs to end.
 */
export function treeChanges(
  fs: FileSystem,
  outdir: string,
  units: readonly Unit[],
  checked: CheckedCatalog,
): Finding[] {
  const { catalog } = checked;
  const index = tolerate(['ENOENT', 'ENOTDIR'], () => fs.readFileSync(path.join(outdir, INDEX_FILE), 'utf8'));
  if (index === undefined) return [];
  const files = indexedFiles(index);
  if (staysWhereItIs(files, units)) return [];
  const planned = new Map(units.flatMap(serviceOf).map((one) => [`${one.cluster}/${one.service}`, one]));
  const pointers = new Map(catalog.services.map(({ name }, position) => [name, `/services/${position}`]));
  const clusters = new Set(catalog.clusters.map(({ name }) => name));
  const places = placesOf(checked);
  const meant = new Set(catalog.removed ?? []);
  const said = wavesSaid(catalog);
  // Not one service stays: the tree of another application (the example's, on a first day), which no cluster of this one has.
  const before = files.flatMap((name) => parseServiceFile(name) ?? []);
  if (planned.size > 0 && before.every(({ cluster, service }) => !planned.has(`${cluster}/${service}`))) return [];
  const charts = new Set(files.flatMap((name) => /^charts\/([^/]+)\/Chart\.yaml$/.exec(name)?.[1] ?? []));
  return files.flatMap((name): Finding[] => {
    const was = parseServiceFile(name);
    // A cluster that is gone takes everything with it.
    if (!was || !clusters.has(was.cluster)) return [];
    const { cluster, wave, service } = was;
    const next = planned.get(`${cluster}/${service}`);
    const place = () => {
      const pointer = pointers.get(service) ?? '/services';
      return { ...places.locate(pointer), cluster };
    };
    if (!next && meant.has(service)) return [];
    if (!next)
      return breaks(fs, outdir, name).has('canary-removed-with-its-service') ? [removed(service, place())] : [];
    // The catalog says where it is to be: that is what is meant.
    const isMeant = said.has(`${cluster}/${service}`);
    const isLater = next.wave > wave && !isMeant;
    return [
      ...(isLater && breaks(fs, outdir, name, next).has('service-moves-to-later-wave')
        ? [moved(service, wave, next.wave, place())]
        : []),
      ...(changesForm(fs, path.join(outdir, name), next.isHelm, charts.has(service))
        ? [reformed(service, next.isHelm, place())]
        : []),
    ];
  });
}

/** Whether each service has the file that it had, and none is or was in Helm's form: nearly every change is of that kind. */
function staysWhereItIs(files: readonly string[], units: readonly Unit[]): boolean {
  const planned = new Set<string>();
  for (const unit of units) {
    const { of } = unit;
    if (of ? releaseForm(of.service) !== 'plain' : (unit.input as UnitInput).kind === 'chart') return false;
    if (of) planned.add(of.path);
  }
  return files.every((file) => planned.has(file) || (!file.startsWith('charts/') && !parseServiceFile(file)));
}

interface PlannedService extends ServicePlace {
  /** Whether a HelmRelease brings it. */
  readonly isHelm: boolean;
}

/**
 * Whether another controller gets the objects, and the one that has them would delete them. A file is read only where the form
 * can have changed.
 */
function changesForm(fs: FileSystem, file: string, isHelm: boolean, hadChart: boolean): boolean {
  if (!isHelm && !hadChart) return false;
  const text = tolerate(['ENOENT', 'ENOTDIR'], () => fs.readFileSync(file, 'utf8'));
  if (text === undefined || /^kind: HelmRelease$/m.test(text) === isHelm) return false;
  const objects = text.match(/^kind: /gm)?.length ?? 0;
  const kept =
    text.match(/^ {4}(?:kustomize\.toolkit\.fluxcd\.io\/prune: disabled|aviary\.dev\/hand-over: "true")$/gm)?.length ??
    0;
  return isHelm ? kept < objects : kept === 0;
}

function serviceOf(unit: Unit): PlannedService[] {
  const { of } = unit;
  const isHelm = of !== undefined && releaseForm(of.service) !== 'plain';
  const other = of ? undefined : (unit.input as UnitInput);
  const files = of ? [of] : other?.kind === 'chart' ? other.files : [];
  return files.flatMap(({ path: planned }) => {
    const place = parseServiceFile(planned);
    return place ? [{ ...place, isHelm }] : [];
  });
}

/** `cluster/service` of services whose wave the catalog says. */
export function wavesSaid(catalog: Catalog): ReadonlySet<string> {
  const { resolveCluster } = require('../catalog') as typeof import('../catalog');
  return new Set(
    catalog.clusters.flatMap(({ name }) =>
      resolveCluster(catalog, name).services.flatMap(({ name: service, wave }) =>
        wave === undefined ? [] : [`${name}/${service}`],
      ),
    ),
  );
}

const NAMESPACE = { namespace: 'flux-system' } as const;

/** The Kustomizations of the waves: each waits for the one before it. */
function waveChain(last: number): KubeObject[] {
  return Array.from({ length: last + 1 }, (_, wave) => ({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: waveName(wave), ...NAMESPACE },
    spec: { prune: true, ...(wave > 0 ? { dependsOn: [{ name: waveName(wave - 1) }] } : {}) },
  }));
}

/**
 * Which dangers there are for the objects of a file that goes, or that another wave gets.
 * @param next where they will be applied; they are gone without
 */
function breaks(fs: FileSystem, outdir: string, file: string, next?: ServicePlace): ReadonlySet<string> {
  const { ClusterDiff, dangers, findDangers } = require('../diff') as typeof import('../diff');
  const { readManifests } = require('../manifests') as typeof import('../manifests');
  const content = tolerate(['ENOENT', 'ENOTDIR'], () => fs.readFileSync(path.join(outdir, file)));
  if (content === undefined) return new Set();
  const objects = readManifests([{ file, content }]).inputs.map(({ object }) => object);
  const { wave } = parseServiceFile(file)!;
  const chain = waveChain(Math.max(wave, next?.wave ?? 0));
  const state = (by: number | undefined): ClusterObjects => ({
    objects: [
      ...chain.map((object) => ({ object, origin: { file: 'layers.yaml', document: 0 } })),
      ...(by === undefined ? [] : objects).map((object, document) => ({
        object,
        origin: { file, document, appliedBy: { kind: 'Kustomization', ...NAMESPACE, name: waveName(by!) } },
      })),
    ],
  });
  const diff = new ClusterDiff(state(wave), state(next?.wave));
  return new Set(findDangers(diff, dangers).map(({ code }) => code));
}

function moved(service: string, from: number, to: number, place: Finding['place']): Finding {
  return {
    code: 'service-moves-to-later-wave',
    severity: 'error',
    place,
    message: `"${service}" moves from wave ${from} to wave ${to} in cluster "${place.cluster}": Flux deletes its objects and makes them again, and nobody can reach it meanwhile`,
    cause: `the Kustomization of wave ${from} prunes what has left its folder before that of wave ${to}, which depends on it, applies it`,
    fix: `write "wave": ${from} for "${service}" to keep it where it is, or "wave": ${to} to accept the gap`,
    docs: 'docs/decisions/0005-a-service-that-changes-its-wave.md',
  };
}

function reformed(service: string, isHelm: boolean, place: Finding['place']): Finding {
  const [from, to] = isHelm ? ['plain', 'helm'] : ['helm', 'plain'];
  return {
    code: 'release-form-changes',
    severity: 'warning',
    place,
    message: `"${service}" changes from the ${from} form to the ${to} form in cluster "${place.cluster}" in one commit: what applied its objects deletes them, and nobody can reach it meanwhile`,
    cause: isHelm
      ? 'kustomize-controller prunes what has left its folder, also what a HelmRelease is about to take over'
      : 'when its HelmRelease goes, Helm uninstalls the release',
    fix: `commit "release": { "form": "${from}", "handOver": true } for "${service}" first, let Flux apply it, then change the form`,
    docs: 'docs/helm.md',
  };
}

function removed(service: string, place: Finding['place']): Finding {
  return {
    code: 'canary-removed-with-its-service',
    severity: 'error',
    place,
    message: `"${service}" leaves cluster "${place.cluster}" together with its Canary: the Canary's finalizer waits for a Deployment that is gone, and its primary runs on`,
    cause: 'with revertOnDeletion Flagger scales the Deployment up again before it lets the Canary go',
    fix: `commit "revertOnDeletion": false in the canary of "${service}" first, let Flux apply it, then remove the service; or name it in "removed" and clean up by hand`,
    docs: 'docs/decisions/0001-service-of-a-canaried-workload.md',
  };
}
