import {
  type ImageReference,
  imageDigestError,
  imageTagError,
  isFloatingTag,
  parseImageReference,
  serviceNameError,
} from '../../kube';
import type { ProblemEdit } from '../problem';
import type { ServiceCheck } from './context';

/** Images: where they are, and which version. */
export const checkImages: ServiceCheck = ({ service, cluster }, report) => {
  // Somebody else's chart names its own images.
  if (typeof service.release === 'object' && service.release.chart) return;
  const { repository, tag, digest } = service.image ?? {};
  if (repository === undefined && cluster.platform.registry === undefined) {
    report({
      code: 'no-registry',
      path: ['name'],
      message: `nothing says where the image of "${service.name}" is`,
      cause: 'It names no repository, and platform.registry is not set.',
      fix: 'write the whole reference as image, such as "registry.example.com/shop/cart:1.4.2", or set platform.registry',
    });
    return;
  }
  const name = repository ?? `${cluster.platform.registry}/${service.name}`;
  const parsed = parseImageReference(name);
  if (
    !parsed.ok &&
    repository === undefined &&
    (serviceNameError(service.name) || !parseImageReference(`${cluster.platform.registry}/x`).ok)
  ) {
    // The name or the registry is the cause, and has its own finding.
  } else if (!parsed.ok) {
    report({
      code: 'invalid-image',
      path: repository === undefined ? ['image'] : ['image', 'repository'],
      message: `the image ${JSON.stringify(name)} ${parsed.error}`,
      fix: `write registry and path in lower case, such as "registry.example.com/shop/cart${tag === undefined && digest === undefined ? ':1.4.2' : ''}"`,
    });
  } else if (parsed.value.tag || parsed.value.digest) {
    report({
      code: 'invalid-image',
      path: ['image', 'repository'],
      message: `the repository ${JSON.stringify(name)} carries a tag or a digest`,
      fix: 'put them into image.tag and image.digest',
      ...(tag === undefined && digest === undefined && repository !== undefined && { edits: splitImage(parsed.value) }),
    });
  }
  const tagError = tag === undefined ? undefined : imageTagError(tag);
  if (tagError)
    report({
      code: 'invalid-image',
      path: ['image', 'tag'],
      message: `the image ${tagError}`,
      fix: 'use letters, digits, "_", "." and "-", at most 128',
    });
  // Of a canaried service preflight says more.
  if (tag !== undefined && isFloatingTag(tag) && digest === undefined && !service.canary)
    report({
      code: 'floating-tag',
      severity: 'info',
      path: ['image', 'tag'],
      message: `the image of "${service.name}" has the tag ${JSON.stringify(tag)}, which moves`,
      cause:
        'A new image under the same tag changes nothing that Flux applies: no release starts, and each new pod runs what the tag means then.',
      fix: 'name a version or a digest',
    });
  const digestError = digest === undefined ? undefined : imageDigestError(digest);
  if (digestError)
    report({
      code: 'invalid-image',
      path: ['image', 'digest'],
      message: `the image ${digestError}`,
      fix: 'write "sha256:" and 64 hexadecimal digits',
    });
  // What cannot be read may well have one.
  if (tag === undefined && digest === undefined && parsed.ok) {
    report({
      code: 'image-without-version',
      path: ['image'],
      message: `the image of "${service.name}" has neither tag nor digest`,
      cause: 'Kubernetes would take "latest", and a new image would start no rollout.',
      fix: 'add image.tag or image.digest',
    });
  }
};

function splitImage(parsed: ImageReference): ProblemEdit[] {
  return (['repository', 'tag', 'digest'] as const).flatMap((field) =>
    parsed[field] === undefined ? [] : [{ path: ['image', field], value: parsed[field] }],
  );
}
