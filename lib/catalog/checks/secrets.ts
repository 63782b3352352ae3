import type { Path, Problem } from '../problem';

/** Names of variables that hold a secret (`PGPASSWORD` and `dbPassword` too); what only points to one (a file, a name) does not. */
const SECRET_NAME =
  /((PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API[_-]?KEY|ACCESS[_-]?KEY|SECRET[_-]?KEY|PRIVATE[_-]?KEY|SIGNING[_-]?KEY|ENCRYPTION[_-]?KEY|AUTH[_-]?KEY)|(^|[_-])(PWD|CREDENTIALS?))([_-]?\d+)?$/i;
/** Whether a variable's name says that its value is a secret. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);

/** Values that say nothing: switches, empty texts, paths. */
const HARMLESS_VALUE = /^(|0|1|true|false|none|null|\/[\w./-]*)$/i;

/** Well-known shapes of tokens and keys. */
const SECRET_SHAPES: readonly [kind: string, shape: RegExp][] = [
  ['an AWS access key', /\b(AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a GitHub token', /\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})/],
  ['a GitLab token', /\bgl(pat|dt|cbt|ptt|rt|ft|soat)-[\w-]{20,}/],
  ['a Slack token', /\bxox[abeoprs]-[\w-]{10,}/],
  ['a Slack webhook', /hooks\.slack\.com\/(services|workflows)\/\w+/],
  ['a Google API key', /\bAIza[\w-]{35}\b/],
  ['a Stripe key', /\b[sr]k_(live|test)_[A-Za-z0-9]{16,}/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['a JSON Web Token', /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*/],
  ['a private key', /-----BEGIN ([A-Z]+ )*PRIVATE KEY-----/],
  ['a secret on a command line', /(^|\s)--?([a-z]+-)*(password|passwd|token|secret|api-?key)=(?!\$\(|\/)\S{4,}/i],
  ['a password in a URL', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/:@]+@/i],
];

/** A text that looks like a secret, or a variable whose name says that it is one. The value is never shown. */
export function secretProblem(value: string, path: Path): Problem | undefined {
  // Shapes need some length; most texts are short.
  const shape = value.length < 12 ? undefined : SECRET_SHAPES.find(([, pattern]) => pattern.test(value));
  const inEnv = path.at(-2) === 'env';
  const name = String(path.at(-1));
  const named = inEnv && isSecretName(name) && !HARMLESS_VALUE.test(value);
  if (!shape && !named) return undefined;
  return {
    code: 'literal-secret',
    path: [...path],
    isSecret: true,
    message: shape
      ? `"${name}" holds what looks like ${shape[0]}`
      : `the variable ${name} holds a literal value, and its name says that it is a secret`,
    cause: 'The catalog and dist/ are committed: everybody who reads them reads the secret.',
    fix: inEnv
      ? 'put the value into a Secret (SOPS or External Secrets) and write { "secret": { "name": "…", "key": "…" } }; replace the leaked value'
      : 'put the value into a Secret (SOPS or External Secrets) and refer to it; replace the leaked value',
  };
}
