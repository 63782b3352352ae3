import { mkdtempSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { credentialsFor, withoutUser } from './credentials';
import { Git } from './git';
import { GitOpsRepository } from './gitops-repository';
import { normalPath } from './plan-commit';
import { PublishProblem } from './problem';
import type { PublishMachine } from './publish';

/**
 * A file of the published folder as it stands; undefined where there is none.
 * @throws PublishProblem
 */
export async function readPublishedFile(
  { repository, branch, path }: { readonly repository: string; readonly branch: string; readonly path: string },
  name: string,
  machine: PublishMachine,
): Promise<string | undefined> {
  const credentials = credentialsFor(repository, machine.env);
  const folder = mkdtempSync(join(machine.temporaryFolder, `aviary-publish-${process.pid}-`));
  try {
    const git = new Git({ folder, env: credentials.env, secrets: credentials.secrets });
    const gitops = new GitOpsRepository(git, repository);
    await gitops.init();
    const ref = `refs/heads/${branch}`;
    if (!(await gitops.refs()).has(ref))
      throw new PublishProblem(
        'branch-not-found',
        `the repository ${withoutUser(repository)} has no branch "${branch}"`,
        {
          fix: 'name one of its branches with --branch',
        },
      );
    const [commit = ''] = await gitops.fetch([ref]);
    const inner = normalPath(path);
    const entry = (await gitops.list(commit, inner)).get(inner === '' ? name : `${inner}/${name}`);
    return entry && (await gitops.read([entry.oid])).get(entry.oid)!.toString('utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Earlier contents of a file of a checkout, newest first, each with the commit that wrote it. */
export async function fileHistory(
  file: string,
  env: PublishMachine['env'],
): Promise<{ readonly commit: string; readonly text: string }[]> {
  const git = new Git({ folder: dirname(file), env });
  const { stdout } = await git.run(['log', '--format=%H', '--', basename(file)]);
  const found: { commit: string; text: string }[] = [];
  for (const commit of stdout.toString('utf8').split('\n').filter(Boolean)) {
    const { exitCode, stdout: text } = await git.run(['cat-file', 'blob', `${commit}:./${basename(file)}`]);
    if (exitCode === 0) found.push({ commit, text: text.toString('utf8') });
  }
  return found;
}
