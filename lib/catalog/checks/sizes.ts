import type { Path, Problem } from '../problem';

/** Of one variable or argument, with its name: a process with a longer one is not started. @see linux include/uapi/linux/binfmts.h MAX_ARG_STRLEN */
const MAX_ARGUMENT_BYTES = 131_072;
/** Of all annotations of an object. @see k8s.io/apimachinery v0.36 pkg/api/validation/objectmeta.go TotalAnnotationSizeLimitB */
const MAX_ANNOTATION_BYTES = 262_144;
/** etcd takes requests of 1.5 MiB; the rest is for what every object has. @see etcd v3.6 embed/config.go DefaultMaxRequestBytes */
const MAX_OBJECT_BYTES = 1_400_000;

/** A text that is too long for a process. Only for long ones: most are not looked at. */
export function longTextProblem(text: string, path: Path): Problem | undefined {
  if (text.length <= MAX_ARGUMENT_BYTES / 4) return undefined;
  const isArgument = path.some((part) => part === 'command' || part === 'args');
  if (!isArgument && path.at(-2) !== 'env') return undefined;
  const name = isArgument ? '' : `${String(path.at(-1))}=`;
  const bytes = Buffer.byteLength(name) + Buffer.byteLength(text) + 1;
  if (bytes <= MAX_ARGUMENT_BYTES) return undefined;
  return {
    code: 'text-too-large',
    path: [...path],
    message: `${isArgument ? 'an argument' : `the variable ${String(path.at(-1))}`} has ${bytes} bytes; a process takes ${MAX_ARGUMENT_BYTES} in one`,
    cause: 'Linux starts no process with a longer one: the container ends with "argument list too long".',
    fix: 'put it into a file of config, and give its path',
  };
}

/** All texts of a part that becomes one object. */
export function largeObjectProblem(bytes: number, path: Path, what: string): Problem | undefined {
  if (bytes <= MAX_OBJECT_BYTES) return undefined;
  return {
    code: 'object-too-large',
    path: [...path],
    message: `${what} has texts of ${bytes} bytes; an object may have ${MAX_OBJECT_BYTES}`,
    cause: 'The API server cannot store more than 1.5 MiB in one object.',
    fix: 'put large texts into files of config, into the image or into a volume',
  };
}

/** Annotations that no object may have. */
export function annotationsProblem(annotations: Readonly<Record<string, string>>, path: Path): Problem | undefined {
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  if (bytes <= MAX_ANNOTATION_BYTES) return undefined;
  return {
    code: 'object-too-large',
    path,
    message: `the annotations have ${bytes} bytes; an object may have ${MAX_ANNOTATION_BYTES}`,
    cause: 'The API server refuses the object.',
    fix: 'put large texts into a ConfigMap',
  };
}
