import type { Finding } from '../findings';
import { imageDigestError, parseImageReference, serviceNameError } from '../kube';

/** The image of one service in one cluster. */
export interface LockedImage {
  /** Reference with a tag or without, such as `registry.example.com/shop/cart:main-1a2b3c4d-1764000000`. */
  readonly image: string;
  /** `sha256:…`: what runs, whatever the tag says later. */
  readonly digest: string;
  /** Git's id of the folder that the image was built of: when it is the same, nothing has to be built. */
  readonly source?: string;
}

/** Which image runs where: by cluster, by service. What it names stands above what the catalog says of images. */
export interface ImageLock {
  readonly clusters: Readonly<Record<string, Readonly<Record<string, LockedImage>>>>;
}

/** A lock that says nothing. */
export const noImages: ImageLock = { clusters: {} };

/** images.lock.json as it was read, or what is wrong with it. */
export interface ParsedImageLock {
  /** Absent when something is wrong with it. */
  readonly lock?: ImageLock;
  readonly findings: readonly Finding[];
}

/** The image of a service as the catalog would say it; undefined where the lock does not name it. Own keys only. */
export function lockedImage(
  lock: ImageLock | undefined,
  cluster: string,
  service: string,
): { readonly repository: string; readonly tag?: string; readonly digest: string } | undefined {
  const services = lock && Object.hasOwn(lock.clusters, cluster) ? lock.clusters[cluster]! : {};
  const entry = Object.hasOwn(services, service) ? services[service] : undefined;
  const parsed = entry && parseImageReference(entry.image);
  return parsed?.ok ? { ...parsed.value, digest: entry!.digest } : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads images.lock.json. All errors at once; none of them has a cure but another entry. */
export function parseImageLock(text: string, file: string): ParsedImageLock {
  const findings: Finding[] = [];
  const report = (pointer: string, message: string, fix: string): void => {
    findings.push({ code: 'invalid-image-lock', severity: 'error', place: { file, pointer }, message, fix });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    report('', `the list of images is not JSON: ${(error as Error).message}`, 'bring it back from the history of git');
    return { findings };
  }
  const clusters = isRecord(value) ? value.clusters : undefined;
  if (!isRecord(clusters)) {
    report('', 'the list of images has no "clusters"', 'write {"clusters": {}}, or let aviary images set write it');
    return { findings };
  }
  const read = Object.entries(clusters).map(([cluster, services]) => {
    const pointer = `/clusters/${cluster}`;
    if (!isRecord(services)) report(pointer, 'the images of a cluster are an object', 'write {} for none');
    const entries = Object.entries(isRecord(services) ? services : {});
    for (const [name, entry] of entries) {
      const error = entryError(name, entry);
      if (error) report(`${pointer}/${name}`, `the image of ${JSON.stringify(name)} ${error}`, WRITE);
    }
    return [cluster, Object.fromEntries(entries)];
  });
  return findings.length > 0 ? { findings } : { lock: { clusters: Object.fromEntries(read) } as ImageLock, findings };
}

const WRITE = 'write it with aviary images set SERVICE=REFERENCE@sha256:…';

function entryError(name: string, entry: unknown): string | undefined {
  if (serviceNameError(name)) return 'has a name that no service can have';
  if (!isRecord(entry)) return 'is no object';
  const unknown = Object.keys(entry).find((key) => !['image', 'digest', 'source'].includes(key));
  if (unknown !== undefined) return `has the unknown key ${JSON.stringify(unknown)}`;
  const { image, digest, source } = entry;
  if (typeof image !== 'string' || typeof digest !== 'string') return 'has no "image" or no "digest"';
  const parsed = parseImageReference(image);
  if (!parsed.ok) return parsed.error;
  if (parsed.value.digest) return 'has a digest in its reference: it belongs into "digest"';
  if (source !== undefined && (typeof source !== 'string' || !/^[0-9a-f]{40,64}$/.test(source)))
    return 'has a "source" that is no id of git';
  return imageDigestError(digest);
}

/** One line a service, everything sorted: two changes of two services never touch one line. */
export function printImageLock({ clusters }: ImageLock): string {
  const sorted = Object.keys(clusters).sort();
  const blocks = sorted.map((cluster) => {
    const services = Object.entries(clusters[cluster]!).sort(([a], [b]) => (a < b ? -1 : 1));
    const lines = services.map(([name, { image, digest, source }]) => {
      const entry = { image, digest, ...(source !== undefined && { source }) };
      const fields = Object.entries(entry).map(([key, text]) => `${JSON.stringify(key)}: ${JSON.stringify(text)}`);
      return `      ${JSON.stringify(name)}: { ${fields.join(', ')} }`;
    });
    return `    ${JSON.stringify(cluster)}: {${lines.length > 0 ? `\n${lines.join(',\n')}\n    ` : ''}}`;
  });
  return `{\n  "clusters": {${blocks.length > 0 ? `\n${blocks.join(',\n')}\n  ` : ''}}\n}\n`;
}

/** The lock with these entries set; `undefined` removes one. */
export function withImages(
  { clusters }: ImageLock,
  cluster: string,
  entries: Readonly<Record<string, LockedImage | undefined>>,
): ImageLock {
  const merged = Object.entries({ ...clusters[cluster], ...entries }).filter(([, entry]) => entry !== undefined);
  return { clusters: { ...clusters, [cluster]: Object.fromEntries(merged) as Record<string, LockedImage> } };
}
