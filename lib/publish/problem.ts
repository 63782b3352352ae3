import type { Finding } from '../findings';

/** The codes of what can stand in the way of a publication. */
export type PublishCode =
  | 'git-missing'
  | 'git-too-old'
  | 'repository-unreachable'
  | 'repository-not-found'
  | 'repository-empty'
  | 'repository-address'
  | 'branch-not-found'
  | 'branch-protected'
  | 'branch-checked-out'
  | 'credentials-refused'
  | 'credentials-missing'
  | 'hook-refused'
  | 'server-failed'
  | 'push-refused'
  | 'disk-full'
  | 'path-invalid'
  | 'path-through-link'
  | 'path-taken'
  | 'foreign-files'
  | 'index-not-ours'
  | 'index-damaged'
  | 'lock-damaged'
  | 'two-locks'
  | 'order-unknown'
  | 'checkout-older'
  | 'signing-failed'
  | 'unknown-cluster'
  | 'git-failed';

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
