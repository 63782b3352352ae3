import type { Parsed } from './parsed';

/** Where an image is: as written, without the normalisation of short names (`nginx` stays `nginx`). */
export interface ImageReference {
  /** Registry and path: `europe-docker.pkg.dev/shop/frontend`. */
  readonly repository: string;
  readonly tag?: string;
  /** `sha256:…` */
  readonly digest?: string;
}

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const DOMAIN =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
/** Length in hexadecimal digits of the algorithms that container runtimes know. */
const ALGORITHMS: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
]);
const MAX_REPOSITORY = 255;

const fail = (error: string): { readonly ok: false; readonly error: string } => ({ ok: false, error });

/**
 * An image reference as kubelet reads it: `[registry[:port]/]path[:tag][@digest]`.
 * @see github.com/distribution/reference v0.6 normalize.go, ParseNormalizedNamed; regexp.go; reference.go
 */
export function parseImageReference(text: string): Parsed<ImageReference> {
  if (text === '') return fail('is empty');
  if (/^[a-f0-9]{64}$/.test(text)) return fail('is an image id, not a name');
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  const repository = colon < 0 ? named : named.slice(0, colon);
  const error =
    repositoryError(repository) ??
    (tag === undefined ? undefined : imageTagError(tag)) ??
    (digest === undefined ? undefined : imageDigestError(digest));
  if (error) return fail(error);
  return { ok: true, value: { repository, ...(tag && { tag }), ...(digest && { digest }) } };
}

function repositoryError(repository: string): string | undefined {
  const slash = repository.indexOf('/');
  const first = repository.slice(0, Math.max(slash, 0));
  // What stands before the first "/" is a registry only if it looks like a host, as Docker decides it.
  const isRegistry = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  if (isRegistry && !DOMAIN.test(first)) return `has "${first}" in the place of a registry, which is not a host`;
  const path = isRegistry ? repository.slice(slash + 1) : repository;
  const normalized = isRegistry ? repository : `docker.io/${slash < 0 ? 'library/' : ''}${path}`;
  if (normalized.length > MAX_REPOSITORY) return `has a repository of more than ${MAX_REPOSITORY} characters`;
  if (path === '') return 'has no repository';
  if (path !== path.toLowerCase()) return 'has capital letters in the repository';
  for (const component of path.split('/')) {
    if (component === '') return 'has an empty part in the repository';
    if (!COMPONENT.test(component)) {
      return `has the part "${component}" in the repository: only lower case letters, digits and single separators (".", "_", "-") between them are allowed`;
    }
  }
  return undefined;
}

/** Why the text is not a tag, or undefined. */
export function imageTagError(tag: string): string | undefined {
  if (TAG.test(tag)) return undefined;
  if (tag === '') return 'has an empty tag';
  return `has the tag "${tag}": a tag has up to 128 letters, digits, "_", "." and "-", and does not start with "." or "-"`;
}

/** Why the text is not a digest, or undefined. */
export function imageDigestError(digest: string): string | undefined {
  if (!DIGEST.test(digest)) return 'has a digest that is not "sha256:" and 64 hexadecimal digits';
  const colon = digest.indexOf(':');
  const algorithm = digest.slice(0, colon);
  const length = ALGORITHMS.get(algorithm);
  if (length === undefined) return `has a digest of the unknown algorithm "${algorithm}"`;
  const hex = digest.slice(colon + 1);
  if (hex.length === length && !/[A-F]/.test(hex)) return undefined;
  return `has a digest of ${hex.length} characters where ${algorithm} has ${length} lower case hexadecimal digits`;
}

/** Tags that people move: the same text is another image tomorrow. */
const FLOATING_TAGS = ['latest', 'main', 'master', 'stable', 'dev', 'edge', 'nightly'];

/** Whether a new image is likely to come under the same tag: no pod template changes then. */
export function isFloatingTag(tag: string): boolean {
  return FLOATING_TAGS.includes(tag);
}
