import { withoutUser } from './credentials';
import { Git } from './git';

type Env = Readonly<Record<string, string | undefined>>;

/** Where the tree comes from. */
export interface Source {
  /** Address of the application's repository, without credentials. */
  readonly repository?: string;
  readonly commit?: string;
  /** Name of the branch or tag. */
  readonly branch?: string;
  /** When the commit was made, RFC 3339. */
  readonly created?: string;
  /** Files of the checkout differ from the commit. */
  readonly isDirty: boolean;
  /** Grows from pipeline to pipeline. */
  readonly pipeline?: number;
  /** Page of the pipeline. */
  readonly pipelineUrl?: string;
  /** Undefined where the checkout does not know both commits, or is cut between them. */
  isAncestor(ancestor: string, descendant: string): Promise<boolean | undefined>;
}

/** Where the application comes from. */
export interface SourceOptions {
  /** The checkout. */
  readonly folder: string;
  readonly env: Env;
  /** Say it louder than what is found. */
  readonly commit?: string;
  readonly pipeline?: number;
}

/**
 * Reads it from GitLab's or GitHub's variables, else from the checkout.
 * @see docs.gitlab.com/ci/variables/predefined_variables: CI_PIPELINE_ID grows over the whole server
 * @see docs.github.com/actions variables: GITHUB_RUN_ID grows within a repository
 */
export async function readSource({ folder, env, commit, pipeline }: SourceOptions): Promise<Source> {
  const git = new Git({ folder, env });
  const say = async (...args: string[]): Promise<string | undefined> => {
    const { exitCode, stdout } = await git.run(args);
    return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
  };
  const head = await say('rev-parse', '--verify', '--quiet', 'HEAD');
  const ci = ofCi(env);
  const repository = ci.repository ?? (await say('config', '--get', 'remote.origin.url'));
  const found = commit ?? ci.commit ?? head;
  const isShallow = head === undefined || (await say('rev-parse', '--is-shallow-repository')) === 'true';
  const isDirty = head !== undefined && ((await say('status', '--porcelain', '--untracked-files=no')) ?? '') !== '';
  const number = pipeline ?? ci.pipeline;
  const branch =
    env.CI_COMMIT_REF_NAME ?? env.GITHUB_REF_NAME ?? (await say('symbolic-ref', '--quiet', '--short', 'HEAD'));
  const created = found && (await say('show', '--no-patch', '--format=%cI', found));
  return {
    ...(repository ? { repository: withoutUser(repository) } : {}),
    ...(found ? { commit: found } : {}),
    ...(branch ? { branch } : {}),
    ...(created ? { created } : {}),
    isDirty,
    ...(number !== undefined && { pipeline: number }),
    ...(ci.pipelineUrl !== undefined && { pipelineUrl: ci.pipelineUrl }),
    async isAncestor(ancestor, descendant) {
      const { exitCode } = await git.run(['merge-base', '--is-ancestor', ancestor, descendant]);
      if (exitCode === 0) return true;
      // Where the history is cut, "no" only means that the way was not found.
      return exitCode === 1 && !isShallow ? false : undefined;
    },
  };
}

function ofCi(env: Env): Pick<Source, 'repository' | 'commit' | 'pipeline' | 'pipelineUrl'> {
  const number = (text: string | undefined): number | undefined =>
    /^\d+$/.test(text ?? '') ? Number(text) : undefined;
  if (env.GITLAB_CI === 'true') {
    const pipeline = number(env.CI_PIPELINE_ID);
    return {
      ...(env.CI_PROJECT_URL && { repository: env.CI_PROJECT_URL }),
      ...(env.CI_COMMIT_SHA && { commit: env.CI_COMMIT_SHA }),
      ...(pipeline !== undefined && { pipeline }),
      ...(env.CI_PIPELINE_URL && { pipelineUrl: env.CI_PIPELINE_URL }),
    };
  }
  if (env.GITHUB_ACTIONS === 'true') {
    const pipeline = number(env.GITHUB_RUN_ID);
    const repository =
      env.GITHUB_SERVER_URL && env.GITHUB_REPOSITORY && `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}`;
    return {
      ...(repository && { repository }),
      ...(env.GITHUB_SHA && { commit: env.GITHUB_SHA }),
      ...(pipeline !== undefined && { pipeline }),
      ...(repository && pipeline !== undefined && { pipelineUrl: `${repository}/actions/runs/${pipeline}` }),
    };
  }
  return {};
}
