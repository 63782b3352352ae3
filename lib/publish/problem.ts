import type { Finding } from '../findings';

/** What can stand in the way of a publication: the contract with scripts. Names may be added; none is ever renamed. */
export const PUBLISH_CODES = {
  'git-missing': 'There is no git program on the PATH.',
  'git-too-old':
    'The git program is older than 2.31, which takes settings from the environment: the token gets to git that way.',
  'git-failed': 'git says something that has no code of its own; its words are in the message.',
  'repository-unreachable': 'The server does not answer: its name, the network, a proxy or a certificate.',
  'repository-not-found': 'There is no such repository, or the credentials may not see it.',
  'repository-empty': 'The repository has no branch yet: --create makes the first.',
  'repository-address': 'The address is none, holds a password, or would run a program.',
  'branch-not-found': 'There is no such branch, or the text is no name of one.',
  'branch-protected': 'The server lets these credentials not push to the branch.',
  'branch-checked-out': 'The repository is not bare and has the branch checked out.',
  'credentials-refused': 'The token or key is wrong, has expired, or has too few rights.',
  'credentials-missing': 'The server asks for credentials, and neither the environment nor git has any.',
  'hook-refused': 'A hook of the server refused several times in a row; its words are in the message.',
  'server-failed': 'The server failed, or the connection broke, at every attempt.',
  'shared-chart': 'One cluster alone would be published, and its charts are those of another one too.',
  'push-refused': 'Somebody else pushed first, at every attempt.',
  'disk-full': 'There is no room, here or on the server.',
  'path-invalid': '--path leads out of the repository, or is no path.',
  'path-through-link': 'A part of the path is a symbolic link, a submodule or a file in the repository.',
  'path-taken': 'The folder belongs to another application.',
  'foreign-files': 'Files that no publication wrote stand where the tree goes.',
  'index-not-ours': 'index.json of the folder is the file of another tool.',
  'index-damaged': 'index.json does not say which files are ours.',
  'two-locks': 'images.lock.json stands in the repository and beside the catalog: nothing tells which one counts.',
  'order-unknown': 'Nothing tells whether a newer commit was published before.',
  'checkout-older': 'The checkout is older than what is published: its tree would go back.',
  'signing-failed': 'The commit cannot be signed.',
  'unknown-cluster': 'The tree has no such cluster.',
} as const;

/** Code of what stops a publication. */
export type PublishCode = keyof typeof PUBLISH_CODES;

/** What stops a publication: thrown inside the room, a finding outside of it. */
export class PublishProblem extends Error {
  readonly finding: Finding;

  constructor(
    readonly code: PublishCode,
    message: string,
    about: { readonly fix: string; readonly cause?: string; readonly file?: string },
    /** A next attempt may go better. */
    readonly mayPass = false,
  ) {
    super(message);
    const { fix, cause, file } = about;
    this.finding = {
      code,
      severity: 'error',
      place: file === undefined ? {} : { file },
      message,
      ...(cause === undefined ? {} : { cause }),
      fix,
    };
  }
}
