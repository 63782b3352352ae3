import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalog, LockedImage } from '../catalog';
import { nearest } from '../findings';
import { parseImageReference } from '../kube';
import { UsageError } from './exit-code';
import { type CatalogFile, type EditImages, Refused } from './gitops';

/** Images by service. */
export type Images = Readonly<Record<string, LockedImage>>;

/** `SERVICE=REFERENCE@sha256:…[,source=ID]`. @throws UsageError */
export function parseImages(texts: readonly string[]): Images {
  return Object.fromEntries(texts.map(parseImage));
}

function parseImage(text: string): [string, LockedImage] {
  const [, service, rest = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  const [reference = '', source] = rest.split(',source=');
  const parsed = parseImageReference(reference);
  const wanted = 'write SERVICE=REFERENCE@sha256:…, such as cart=registry.example.com/shop/cart:v2@sha256:…';
  if (service === undefined) throw new UsageError(`${JSON.stringify(text)} names no image: ${wanted}`);
  if (!parsed.ok) throw new UsageError(`the image ${JSON.stringify(reference)} ${parsed.error}: ${wanted}`);
  const { repository, tag, digest } = parsed.value;
  if (digest === undefined)
    throw new UsageError(`the image ${JSON.stringify(reference)} has no digest, and a tag can move: ${wanted}`);
  if (source !== undefined && !/^[0-9a-f]{40,64}$/.test(source))
    throw new UsageError(`"source=${source}" is no id of git`);
  return [
    service,
    { image: tag === undefined ? repository : `${repository}:${tag}`, digest, ...(source !== undefined && { source }) },
  ];
}

/** What image builds left in a folder: one file a service, named after it. No folder is no build. @throws Refused */
export function readBuiltImages(folder: string): Images {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  const { parseImageLock } = require('../catalog') as typeof import('../catalog');
  const built = names.sort().map((name): [string, LockedImage] => {
    const service = name.replace(/\.json$/, '');
    const file = join(folder, name);
    // The shape of an entry is that of the lock, and so are the words about it.
    const { lock, findings } = parseImageLock(
      `{"clusters": {"built": {${JSON.stringify(service)}: ${readFileSync(file, 'utf8')}}}}`,
      file,
    );
    if (!lock) throw new Refused(findings);
    return [service, lock.clusters.built![service]!];
  });
  return Object.fromEntries(built);
}

/** Sets entries in these clusters. @throws Refused for a service or cluster that is not there */
export function editedBy({ catalog, lock }: CatalogFile, clusters: readonly string[], images: Images): EditImages {
  refuseUnknown(catalog, clusters, Object.keys(images));
  if (lock && Object.keys(images).length > 0)
    throw new Refused([
      {
        code: 'two-locks',
        severity: 'error',
        place: { file: 'images.lock.json' },
        message: 'images.lock.json stands beside the catalog, so the images of the repository are not the truth',
        fix: 'change it with aviary images set and commit it; or remove it, and let the repository that Flux watches hold it',
      },
    ]);
  return (before) => setIn(before, catalog, clusters, images);
}

/** The lock with these images in each of the clusters where the service runs. */
export function setIn(
  before: Parameters<EditImages>[0],
  catalog: Catalog,
  clusters: readonly string[],
  images: Images,
) {
  const { withImages } = require('../catalog') as typeof import('../catalog');
  return clusters.reduce((lock, cluster) => {
    const own = Object.entries(images).filter(([name]) => runsIn(catalog, name, cluster));
    return withImages(lock, cluster, Object.fromEntries(own));
  }, before);
}

function runsIn({ services }: Catalog, name: string, cluster: string): boolean {
  const clusters = services.find((service) => service.name === name)?.clusters;
  return clusters === undefined || clusters.includes(cluster);
}

/** @throws Refused */
export function refuseUnknown(catalog: Catalog, clusters: readonly string[], services: readonly string[]): void {
  const unknown = (what: string, name: string, names: readonly string[]) => {
    const near = nearest(name, names);
    const fix = near === undefined ? `name one of ${names.join(', ')}` : `name ${near}`;
    return {
      code: `unknown-${what}`,
      severity: 'error' as const,
      place: {},
      message: `there is no ${what} "${name}" in the catalog`,
      ...(near === undefined ? {} : { nearest: near }),
      fix,
    };
  };
  const clusterNames = catalog.clusters.map(({ name }) => name);
  const serviceNames = catalog.services.map(({ name }) => name);
  const findings = [
    ...clusters.filter((name) => !clusterNames.includes(name)).map((name) => unknown('cluster', name, clusterNames)),
    ...services.filter((name) => !serviceNames.includes(name)).map((name) => unknown('service', name, serviceNames)),
  ];
  if (findings.length > 0) throw new Refused(findings);
}
