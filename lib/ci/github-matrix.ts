import { posix } from 'node:path';
import type { ImageBuild } from './pipeline';

/** GitHub's own limit of a matrix. @see docs.github.com/actions, "Using a matrix": 256 jobs */
const MAX_JOBS = 256;

/** The images as one line of JSON for a matrix; what is too much for one run is built by the next. */
export function githubMatrix(builds: readonly ImageBuild[]): string {
  const images = builds.slice(0, MAX_JOBS).map(({ service, source, repository }) => {
    const { context, dockerfile = 'Dockerfile', target = '', args = {}, platforms = [] } = service.build!;
    const lines = Object.keys(args)
      .sort()
      .map((name) => `${name}=${args[name]}`);
    return {
      service: service.name,
      repository,
      source,
      context,
      file: posix.join(context, dockerfile),
      target,
      args: lines.join('\n'),
      platforms: platforms.join(','),
    };
  });
  return `${JSON.stringify(images)}\n`;
}
