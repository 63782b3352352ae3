import type { ReleaseSettings, ResolvedService } from '../catalog';

/** In what form a service reaches the cluster: its objects, a chart of its own, somebody else's chart. */
export type ReleaseForm = 'plain' | 'helm' | 'chart';

/** In which form a service is released. */
export function releaseForm({ release }: Pick<ResolvedService, 'release'>): ReleaseForm {
  if (typeof release === 'string') return release;
  return release?.chart ? 'chart' : (release?.form ?? 'plain');
}

/** The settings of the form; none where the catalog only names it. */
export function releaseSettings({ release }: Pick<ResolvedService, 'release'>): ReleaseSettings {
  return typeof release === 'object' ? release : {};
}
