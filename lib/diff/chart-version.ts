import { textAt } from '../kube';
import type { Entry } from '../world';

/** What a HelmRelease or an OCIRepository says about the version of its chart. */
export function chartVersion(entry: Entry | undefined): string | undefined {
  return entry?.kind === 'HelmRelease'
    ? textAt(entry.object, 'spec', 'chart', 'spec', 'version')
    : (textAt(entry?.object, 'spec', 'ref', 'tag') ?? textAt(entry?.object, 'spec', 'ref', 'semver'));
}

/** The lowest version of a range: `>=1.2.0 <2.0.0`, `~1.2.0`, `1.x`. */
export function lowestOf(version: string | undefined): string | undefined {
  const found = /\d+(\.(\d+|x|\*))?(\.(\d+|x|\*))?/i.exec(version ?? '')?.[0].replace(/[x*]/gi, '0');
  return found?.includes('.') ? found : undefined;
}

/** One version, and not whatever fits it on the day. */
export const isExact = (version: string | undefined): boolean => /^v?\d+\.\d+\.\d+([-+][\w.+-]+)?$/.test(version ?? '');
