import { textAt } from '../kube';
import { push } from './by-name';
import type { Entry } from './entry';
import type { FluxKustomizationView } from './flux-kustomization';
import { Lazy } from './lazy';

/** Which Flux Kustomization applies an object, and which ones wait for it. */
export class KustomizationIndex {
  /** @param all every Kustomization of the world */
  constructor(private readonly all: () => readonly FluxKustomizationView[]) {}

  /** The Flux Kustomizations whose `healthChecks` name the object. */
  checking(kind: string, namespace: string, name: string): readonly FluxKustomizationView[] {
    return this.healthChecks.value.get(`${kind}/${namespace}/${name}`) ?? [];
  }
  private readonly healthChecks = new Lazy(() => {
    const byObject = new Map<string, FluxKustomizationView[]>();
    for (const kustomization of this.all())
      for (const check of kustomization.healthChecks)
        push(
          byObject,
          `${textAt(check, 'kind') ?? ''}/${textAt(check, 'namespace') || kustomization.namespace}/${textAt(check, 'name') ?? ''}`,
          kustomization,
        );
    return byObject;
  });
  /** The Flux Kustomization whose path holds the file of the object: the longest one. */
  of(entry: Entry): FluxKustomizationView | undefined {
    const { appliedBy } = entry;
    if (appliedBy !== undefined) {
      if (appliedBy?.kind !== 'Kustomization') return undefined;
      return this.all().find(({ name, namespace }) => name === appliedBy.name && namespace === appliedBy.namespace);
    }
    const known = this.kustomizationsByFile.get(entry.file);
    if (known !== undefined) return known ?? undefined;
    const found = this.kustomizationOfFile(entry.file);
    this.kustomizationsByFile.set(entry.file, found ?? null);
    return found;
  }
  /** Rules ask for each object: its file is a text that is there already, its folder is not. */
  private readonly kustomizationsByFile = new Map<string, FluxKustomizationView | null>();
  private kustomizationOfFile(file: string): FluxKustomizationView | undefined {
    const folder = file.slice(0, Math.max(file.lastIndexOf('/'), 0));
    const known = this.kustomizationsByFolder;
    if (!known.has(folder)) known.set(folder, this.kustomizationOfFolder(folder));
    return known.get(folder);
  }
  private readonly kustomizationsByFolder = new Map<string, FluxKustomizationView | undefined>();
  private readonly kustomizationsByPath = new Lazy(
    () => new Map(this.all().map((kustomization) => [kustomization.path, kustomization])),
  );
  private kustomizationOfFolder(folder: string): FluxKustomizationView | undefined {
    const byPath = this.kustomizationsByPath.value;
    // A path starts at the root of the repository, a file may be named from anywhere: each run of folders is tried, longest first.
    const folders = folder.split('/');
    for (let length = folders.length; length > 0; length--)
      for (let start = 0; start + length <= folders.length; start++) {
        const found = byPath.get(folders.slice(start, start + length).join('/'));
        if (found) return found;
      }
    return undefined;
  }
}
