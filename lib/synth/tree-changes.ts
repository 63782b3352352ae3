import * as path from 'node:path';
import { parseServiceFile, type ServicePlace, type Unit, type UnitInput } from '../charts';
import type { Finding } from '../findings';
import { type FileSystem, INDEX_FILE, indexedFiles, tolerate } from '../tree';
import { type CheckedCatalog, sourceOf } from './checked-catalog';

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
  const { catalog, file } = checked;
  const index = tolerate(['ENOENT', 'ENOTDIR'], () => fs.readFileSync(path.join(outdir, INDEX_FILE), 'utf8'));
  if (index === undefined) return [];
  const planned = new Map(units.flatMap(serviceOf).map((one) => [`${one.cluster}/${one.service}`, one]));
  const pointers = new Map(catalog.services.map(({ name }, position) => [name, `/services/${position}`]));
  const clusters = new Set(catalog.clusters.map(({ name }) => name));
  const source = sourceOf(checked);
  return indexedFiles(index).flatMap((name): Finding[] => {
    const was = parseServiceFile(name);
    // A cluster that is gone takes everything with it.
    if (!was || !clusters.has(was.cluster)) return [];
    const { cluster, wave, service } = was;
    const next = planned.get(`${cluster}/${service}`);
    const place = () => {
      const pointer = pointers.get(service) ?? '/services';
      return { file, ...source.locate(pointer), pointer, cluster };
    };
    if (!next) return isHeldByCanary(fs, path.join(outdir, name)) ? [removed(service, place())] : [];
    return next.wave > wave ? [moved(service, wave, next.wave, place())] : [];
  });
}

function serviceOf({ input }: Unit): ServicePlace[] {
  const of = input as UnitInput;
  const files = of.kind === 'service' ? [of] : of.kind === 'chart' ? of.files : [];
  return files.flatMap(({ path: planned }) => parseServiceFile(planned) ?? []);
}

/** The manifest has a Canary that wants to scale its target up again before it goes. */
function isHeldByCanary(fs: FileSystem, file: string): boolean {
  const text = tolerate(['ENOENT', 'ENOTDIR'], () => fs.readFileSync(file, 'utf8'));
  return text !== undefined && /^kind: Canary$/m.test(text) && /^ {2}revertOnDeletion: true$/m.test(text);
}

function moved(service: string, from: number, to: number, place: Finding['place']): Finding {
  return {
    code: 'service-moves-to-later-wave',
    severity: 'warning',
    place,
    message: `"${service}" moves from wave ${from} to wave ${to} in cluster "${place.cluster}": Flux deletes its objects and makes them again, and nobody can reach it meanwhile`,
    cause: `the Kustomization of wave ${from} prunes what has left its folder before that of wave ${to}, which depends on it, applies it`,
    fix: `write "wave": ${from} for "${service}" to keep it where it is, or accept the gap`,
    docs: 'docs/decisions/0005-a-service-that-changes-its-wave.md',
  };
}

function removed(service: string, place: Finding['place']): Finding {
  return {
    code: 'canary-removed-with-its-service',
    severity: 'warning',
    place,
    message: `"${service}" leaves cluster "${place.cluster}" together with its Canary: the Canary's finalizer waits for a Deployment that is gone, and its primary runs on`,
    cause: 'with revertOnDeletion Flagger scales the Deployment up again before it lets the Canary go',
    fix: `commit "revertOnDeletion": false in the canary of "${service}" first, let Flux apply it, then remove the service`,
    docs: 'docs/decisions/0001-service-of-a-canaried-workload.md',
  };
}
