import { posix } from 'node:path';
import { buildctlArguments, type ImageBuild } from './pipeline';

/** Programs that build images, the first that is there is taken. */
export const BUILDERS = ['docker', 'podman', 'buildctl'] as const;
/** What builds images: a value of `build.builder`. */
export type Builder = (typeof BUILDERS)[number];

/** A program with its arguments: no shell reads them. */
export interface Step {
  readonly program: string;
  readonly args: readonly string[];
}

/** What a build needs besides the catalog. */
export interface BuildRequest extends ImageBuild {
  /** With its tag. */
  readonly image: string;
  readonly isPushed: boolean;
  /** File that gets what the builder says of the image, where it can write one. */
  readonly metadata: string;
}

/**
 * What builds, and pushes, an image.
 * @see docs.docker.com/reference/cli/docker/buildx/build, docs.podman.io/en/latest/markdown/podman-push.1.html (--digestfile)
 */
export function buildSteps(builder: Builder, request: BuildRequest): Step[] {
  const { image, isPushed, metadata } = request;
  switch (builder) {
    case 'docker':
      return [
        {
          program: 'docker',
          args: [
            'buildx',
            'build',
            ...common(request),
            '--metadata-file',
            metadata,
            isPushed ? '--push' : '--load',
            request.service.build!.context,
          ],
        },
      ];
    case 'podman':
      return [
        { program: 'podman', args: ['build', ...common(request), request.service.build!.context] },
        ...(isPushed ? [{ program: 'podman', args: ['push', '--digestfile', metadata, image] }] : []),
      ];
    case 'buildctl':
      return [
        {
          program: 'buildctl',
          args: [
            'build',
            ...buildctlArguments(request),
            '--output',
            `type=image,name=${image}${isPushed ? ',push=true' : ''}`,
            '--metadata-file',
            metadata,
          ],
        },
      ];
    default: {
      const never: never = builder;
      return never;
    }
  }
}

function common({ service, image }: BuildRequest): string[] {
  const { context, dockerfile = 'Dockerfile', target, args = {}, platforms = [] } = service.build!;
  return [
    '--tag',
    image,
    '--file',
    posix.join(context, dockerfile),
    ...(target === undefined ? [] : ['--target', target]),
    ...(platforms.length === 0 ? [] : ['--platform', platforms.join(',')]),
    ...Object.keys(args)
      .sort()
      .flatMap((name) => ['--build-arg', `${name}=${args[name]}`]),
  ];
}

/** The digest of what was pushed, of what the builder left; undefined where it left none. */
export function digestOfMetadata(text: string): string | undefined {
  const [digest] =
    /sha256:[0-9a-f]{64}/.exec(/"containerimage\.digest": *"(sha256:[0-9a-f]{64})"/.exec(text)?.[1] ?? text.trim()) ??
    [];
  return digest;
}
