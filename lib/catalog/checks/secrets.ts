import type { Path, Problem } from '../problem';
import { likelySecret } from './secret-shapes';

/** Names of variables that hold a secret (`PGPASSWORD` and `dbPassword` too); what only points to one (a file, a name) does not. */
const SECRET_NAME =
  /((PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|(API|ACCESS|SECRET|PRIVATE|SIGNING|ENCRYPTION|AUTH|MASTER|SESSION|HMAC|LICENSE|SERVICE[_-]ROLE)[_-]?KEY|SECRET[_-]?KEY[_-]?BASE)|(^|[_-])(PWD|PASS|CREDENTIALS?|PAT))([_-]?\d+)?$/i;
/** Whether a variable's name says that its value is a secret. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);

/** An option that takes a secret, as a word of its own: the secret is the next one. */
const SECRET_OPTION =
  /^--?([a-z0-9]+[-_.])*(password|passwd|passphrase|pwd|token|secret|(api|access|secret|private|signing|encryption|auth|license)[-_]?key|credentials?)$/i;

/** Values that say nothing: switches, empty texts, paths, what is put in later, where a secret lies. */
const HARMLESS_VALUE =
  /^(|0|1|true|false|yes|no|on|off|none|null|auto|default|enabled?|disabled?|required|optional|(file:\/*)?\/[\w./-]*|\$[({][^)}]*[)}]|<[^>]*>|\{\{.*\}\}|\*+|x{3,}|\.{3}|(vault:|ref\+|sm:\/\/|op:\/\/|awssm:|gcpsm:|arn:aws:(secretsmanager|ssm):|projects\/[^/]+\/secrets\/)\S*)$/i;

/**
 * A text that looks like a secret, or whose place says that it is one: a variable's name, an option before it. The value is
 * never shown.
 * @param before the word before it in a command
 */
export function secretProblem(value: string, path: Path, before?: string): Problem | undefined {
  // Shapes need some length; most texts are short.
  const shape = value.length < 12 ? undefined : likelySecret(value);
  const inEnv = path.at(-2) === 'env';
  const name = String(path.at(-1));
  const isNamed = inEnv && isSecretName(name) && !HARMLESS_VALUE.test(value);
  const isOption =
    before !== undefined && SECRET_OPTION.test(before) && !value.startsWith('-') && !HARMLESS_VALUE.test(value);
  if (!shape && !isNamed && !isOption) return undefined;
  return {
    code: 'literal-secret',
    path: [...path],
    isSecret: true,
    message: shape
      ? `"${name}" holds what looks like ${shape}`
      : isOption
        ? `"${String(path.at(-2))}" has a literal value behind ${before}, which takes a secret`
        : `the variable ${name} holds a literal value, and its name says that it is a secret`,
    cause: 'The catalog and dist/ are committed: everybody who reads them reads the secret.',
    fix: inEnv
      ? 'put the value into a Secret (SOPS or External Secrets) and write { "secret": { "name": "…", "key": "…" } }; replace the leaked value'
      : isOption
        ? 'put the value into a Secret (SOPS or External Secrets), take it into a variable, and write $(VARIABLE) here; replace the leaked value'
        : 'put the value into a Secret (SOPS or External Secrets) and refer to it; replace the leaked value',
  };
}
