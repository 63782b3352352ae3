import type { Problem } from '../problem';
import type { Service } from '../schema';
import { isSecretName } from './secrets';

const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/v[0-9]+)?$/;
const ARGUMENT = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What a builder would refuse, and what would lead out of the repository. */
export function buildProblems({ name, build }: Service, index: number): Problem[] {
  if (!build) return [];
  const at = ['services', index, 'build'] as const;
  const problems: Problem[] = [];
  const paths: [string, readonly (string | number)[]][] = [
    [build.context, ['context']],
    ...(build.dockerfile === undefined ? [] : [[build.dockerfile, ['dockerfile']] as [string, string[]]]),
    ...(build.paths ?? []).map((path, position): [string, (string | number)[]] => [path, ['paths', position]]),
  ];
  for (const [path, field] of paths) {
    if (isInside(path)) continue;
    problems.push({
      code: 'invalid-build',
      path: [...at, ...field],
      message: `the image of "${name}" is built from ${JSON.stringify(path)}, which is no path inside the repository`,
      fix: 'write a relative path without "..", such as "src/cart"; "." is the whole repository',
    });
  }
  for (const [position, platform] of (build.platforms ?? []).entries())
    if (!PLATFORM.test(platform))
      problems.push({
        code: 'invalid-build',
        path: [...at, 'platforms', position],
        message: `${JSON.stringify(platform)} is no platform that an image of "${name}" can have`,
        fix: 'write system and architecture, such as "linux/amd64" or "linux/arm64"',
      });
  for (const [argument, value] of Object.entries(build.args ?? {})) {
    if (!ARGUMENT.test(argument))
      problems.push({
        code: 'invalid-build',
        path: [...at, 'args', argument],
        key: true,
        message: `${JSON.stringify(argument)} is no name of a build argument`,
        fix: 'use letters, digits and "_"',
      });
    else if (isSecretName(argument) && value !== '')
      problems.push({
        code: 'literal-secret',
        path: [...at, 'args', argument],
        isSecret: true,
        message: `the build argument ${argument} holds a literal value, and its name says that it is a secret`,
        cause: 'Build arguments stay in the history of the image: everybody who pulls it reads them.',
        fix: 'take it out, give it to the builder as a secret mount (RUN --mount=type=secret), and replace the leaked value',
      });
  }
  return problems;
}

/** Below the root of the repository, however it is read. */
function isInside(path: string): boolean {
  if (path === '.') return true;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (path === '' || /^[-/]|[\\:\x00-\x1f\x7f"'`$]/.test(path)) return false;
  return path
    .replace(/\/$/, '')
    .split('/')
    .every((part) => part !== '' && part !== '..' && part !== '.');
}
