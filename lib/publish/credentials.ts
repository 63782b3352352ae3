import { PublishProblem } from './problem';

type Env = Readonly<Record<string, string | undefined>>;

/** How git gets into the repository. */
export interface Credentials {
  /** For the environment of git: settings that no file holds, and the token under a name of our own. */
  readonly env: Env;
  /** What no output may hold. */
  readonly secrets: readonly string[];
}

/** The variables in which the token and its user reach git's helper. */
const TOKEN = 'AVIARY_CREDENTIAL_TOKEN';
const USER = 'AVIARY_CREDENTIAL_USER';

/** `printf` is a part of the shell: no process has the token among its arguments. */
const HELPER = `!f() { test "$1" = get || exit 0; printf 'username=%s\\npassword=%s\\n' "$${USER}" "$${TOKEN}"; }; f`;

/** Given up when nothing comes for a minute. */
const SETTINGS: readonly (readonly [string, string])[] = [
  ['http.lowSpeedLimit', '1'],
  ['http.lowSpeedTime', '60'],
  ['protocol.ext.allow', 'never'],
  ['core.hooksPath', '/dev/null'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
];

/**
 * How git gets its credentials: a token from the environment for the server of the address, else git's own helpers and keys.
 * AVIARY_GIT_TOKEN comes first; in a pipeline of the same GitLab the job's own token is next.
 * @throws PublishProblem repository-address for an address that holds a password
 */
export function credentialsFor(address: string, env: Env): Credentials {
  const url = addressUrl(address);
  const token = tokenFor(url, env);
  const settings = [...SETTINGS];
  if (token && url) {
    const server = `credential.${url.protocol}//${url.host}`;
    // Empty first: helpers of the machine are not asked, and never get to store this one.
    settings.push([`${server}.helper`, ''], [`${server}.helper`, HELPER]);
  }
  const first = Number(env.GIT_CONFIG_COUNT ?? '0') || 0;
  const numbered = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${first + index}`, key],
    [`GIT_CONFIG_VALUE_${first + index}`, value],
  ]);
  const secrets = [token?.password, env.AVIARY_GIT_TOKEN, env.CI_JOB_TOKEN, env.GITHUB_TOKEN].filter(
    (secret): secret is string => secret !== undefined && secret.length > 3,
  );
  return {
    env: {
      ...env,
      ...Object.fromEntries(numbered),
      GIT_CONFIG_COUNT: String(first + settings.length),
      // The helper's variables are the only ones in which it travels on.
      AVIARY_GIT_TOKEN: undefined,
      ...(token && { [TOKEN]: token.password, [USER]: token.username }),
    },
    secrets: [...new Set(secrets)],
  };
}

interface Token {
  readonly username: string;
  readonly password: string;
}

function tokenFor(url: URL | undefined, env: Env): Token | undefined {
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  const own = env.AVIARY_GIT_TOKEN;
  if (own) {
    if (/[\r\n\0]/.test(own))
      throw new PublishProblem('credentials-refused', 'AVIARY_GIT_TOKEN has a line break in it', {
        fix: 'store the token without one',
      });
    return { username: env.AVIARY_GIT_USERNAME || url.username || 'oauth2', password: own };
  }
  // @see docs.gitlab.com/ci/jobs/ci_job_token: the user is always gitlab-ci-token
  if (env.CI_JOB_TOKEN && env.CI_SERVER_HOST && env.CI_SERVER_HOST === url.hostname)
    return { username: 'gitlab-ci-token', password: env.CI_JOB_TOKEN };
  return undefined;
}

/** Undefined for the address of a folder and for `user@host:path`. */
function addressUrl(address: string): URL | undefined {
  if (/[\0\r\n]/.test(address) || address.startsWith('-') || /^[a-z]+::/i.test(address))
    throw new PublishProblem('repository-address', `${JSON.stringify(address)} is not the address of a repository`, {
      fix: 'name it as https://…, ssh://…, user@host:path or the path of a folder',
    });
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(address)) return undefined;
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new PublishProblem('repository-address', `${withoutUser(address)} is not an address`, {
      fix: 'name it as https://…, ssh://…, user@host:path or the path of a folder',
    });
  }
  if (url.password !== '')
    throw new PublishProblem('repository-address', `the address of ${url.host} holds a password`, {
      cause: 'arguments stand in the process list, in the log of a pipeline and in the history of a shell',
      fix: 'put the token into AVIARY_GIT_TOKEN, and name the address without it',
    });
  return url;
}

/** The address as it may be shown and recorded. */
export function withoutUser(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}
