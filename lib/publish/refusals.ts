import { PublishProblem } from './problem';

/**
 * What a server, or git on the way to it, says when it does not do what was asked.
 * `race`: somebody else was faster, the work is done again on the new base. `passing`: the same may be taken a moment later.
 * `final`: trying again changes nothing.
 */
export type RefusalKind = 'race' | 'passing' | 'final';

/** Why the server took no push. */
export interface Refusal {
  readonly kind: RefusalKind;
  /** The server's own words, in one line. */
  readonly said: string;
  readonly problem: PublishProblem;
}

interface KnownRefusal {
  readonly pattern: RegExp;
  readonly kind: RefusalKind;
  readonly code: ConstructorParameters<typeof PublishProblem>[0];
  /** `said` follows. */
  readonly message: string;
  readonly fix: string;
}

/**
 * Read from top to bottom: what tells more stands first.
 * @see git v2.52 builtin/push.c, send-pack.c, transport.c (print_one_push_report); refs.c (ref_transaction_error_msg)
 * @see gitaly v18 internal/gitaly/service/smarthttp and hook/prereceive.go; gitlab v18 lib/gitlab/checks
 */
const KNOWN: readonly KnownRefusal[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/i,
    kind: 'final',
    code: 'disk-full',
    message: 'a disk is full',
    fix: 'make room, here where TMPDIR is or on the server, and publish again',
  },
  {
    pattern: /refusing to update checked out branch|branch is currently checked out/,
    kind: 'final',
    code: 'branch-checked-out',
    message: 'the repository has the branch checked out and takes no push to it',
    fix: 'publish to a bare repository (git clone --bare), or check another branch out there',
  },
  {
    pattern:
      /not allowed to (?:force )?push|protected branch|GH006|GH013|You can only push|You are not allowed to|denying (?:update|ref)|deny updating a hidden ref/i,
    kind: 'final',
    code: 'branch-protected',
    message: 'the server does not let these credentials push to the branch',
    fix: 'allow them to push (GitLab: Settings, Repository, Protected branches), or publish with --merge-request',
  },
  {
    pattern:
      /Authentication failed|HTTP Basic: Access denied|returned error: 40[13]\b|Permission denied|Host key verification failed|[Tt]oken (?:is |has )?(?:expired|revoked|invalid)|Invalid username or (?:password|token)/,
    kind: 'final',
    code: 'credentials-refused',
    message: 'the server does not take the credentials',
    fix: 'renew the token in AVIARY_GIT_TOKEN (it needs write_repository) or the key, and look at its expiry',
  },
  {
    pattern: /could not read (?:Username|Password)|terminal prompts disabled/,
    kind: 'final',
    code: 'credentials-missing',
    message: 'the server asks for credentials and there are none',
    fix: 'set AVIARY_GIT_TOKEN (and AVIARY_GIT_USERNAME where the server wants a certain one), or set a git credential helper up',
  },
  // Before what follows: after an atomic push git adds that the server hung up.
  {
    pattern:
      /\(fetch first\)|\(non-fast-forward\)|\(stale info\)|\(remote ref updated since checkout\)|cannot lock ref|failed to (?:update|lock) ref|failed to lock|incorrect old value provided|reference already exists|reference does not exist|refname conflict|is at [0-9a-f]{7,} but expected|Unable to create '[^']*\.lock'|\.lock': File exists|atomic transaction failed|reference update failed|would clobber/i,
    kind: 'race',
    code: 'push-refused',
    message: 'somebody else pushed first, each time',
    fix: 'publish again, or allow more --attempts',
  },
  {
    pattern:
      /Internal API unreachable|returned error: (?:408|429|5\d\d)|RPC failed|early EOF|hung up unexpectedly|timed? ?out|Connection reset|HTTP\/2 stream|SSL_(?:read|write)|GnuTLS recv|unexpected disconnect|Bad Gateway|Service Unavailable|temporarily unavailable|try again|unpacker error|unable to (?:migrate|write) objects/i,
    kind: 'passing',
    code: 'server-failed',
    message: 'the server failed',
    fix: 'publish again later, or look at the state of the server',
  },
  {
    pattern: /hook declined|pre-receive|update hook/,
    kind: 'passing',
    code: 'hook-refused',
    message: 'a hook of the server refused the push',
    fix: 'do what the hook says, or ask who runs the server',
  },
  {
    pattern:
      /Could not resolve host|Connection refused|Failed to connect|No route to host|Network is unreachable|Could not resolve hostname|SSL certificate problem|certificate verification failed|server certificate/,
    kind: 'final',
    code: 'repository-unreachable',
    message: 'the server cannot be reached',
    fix: 'look at the address in --repo, at the network and at proxies (https_proxy)',
  },
  {
    pattern:
      /[Rr]epository .*not found|does not appear to be a git repository|returned error: 404|could not be found|does not exist|is not a git repository|unable to (?:find|access) remote/,
    kind: 'final',
    code: 'repository-not-found',
    message: 'there is no such repository, or the credentials may not see it',
    fix: 'look at the address in --repo, and at what the token or key may read',
  },
  {
    pattern: /\[rejected\]|\[remote rejected\]/,
    kind: 'race',
    code: 'push-refused',
    message: 'the server refused the push',
    fix: 'see to what the server says',
  },
];

/** What the output of a failed fetch or push means. */
export function readRefusal(text: string): Refusal {
  // Hints are advice of git's own, in the words of any of these.
  const output = text.replace(/^(?:remote: )?hint:.*$/gm, '');
  const said = serverSays(output);
  const known = KNOWN.find(({ pattern }) => pattern.test(output));
  if (!known)
    return {
      kind: 'final',
      said,
      problem: new PublishProblem('git-failed', `git failed: ${said}`, {
        fix: 'see to what git says, then publish again',
      }),
    };
  const { kind, code, message, fix } = known;
  return { kind, said, problem: new PublishProblem(code, `${message}: ${said}`, { fix }, kind !== 'final') };
}

/** Lines that git adds and that say nothing of the reason. */
const CHATTER =
  /^(?:To |hint:|Done$|error: failed to push some refs|Everything up-to-date|\s*$|remote: =+\s*$|remote:\s*$|=\t|\*\t|\+\t| \t)/;

/** The server's words first, then git's; without what git only adds. */
function serverSays(output: string): string {
  const lines = output.split('\n').filter((line) => !CHATTER.test(line));
  const remote = lines
    .filter((line) => line.startsWith('remote: '))
    .map((line) => line.slice('remote: '.length).trim());
  const rejected = lines.flatMap((line) => /\[(?:remote )?rejected\] ?\((.*)\)\s*$/.exec(line)?.[1] ?? []);
  const own = lines
    .filter((line) => /^(?:fatal|error):/.test(line))
    .map((line) => line.replace(/^(?:fatal|error): /, ''));
  const parts = [...new Set([...remote, ...rejected.filter((text) => !/^atomic push fail/.test(text))])];
  const text = (parts.length > 0 ? parts : own.length > 0 ? own : lines).join('; ').replace(/\s+/g, ' ');
  return text.length > 600 ? `${text.slice(0, 600)}…` : text || 'no message';
}
