import type { PlannedCommit } from './plan-commit';
import type { Source } from './source';

const MAX_SUBJECT = 72;

/** Subject, services by cluster, and trailers that say where it comes from. */
export function commitMessage(plan: PlannedCommit, source: Source, subject?: string): string {
  const lines = plan.clusters.map(({ cluster, services, others }) => {
    const parts = [
      ...services,
      ...(others.length > 0 ? [`${others.length} ${others.length === 1 ? 'file' : 'files'} of the platform`] : []),
    ];
    return `${cluster}: ${parts.join(', ')}`;
  });
  const digests = Object.keys(plan.digests).sort();
  const trailers: [string, string | undefined][] = [
    ['Source-Repo', source.repository],
    [
      'Source-Commit',
      source.commit && `${source.commit}${source.isDirty ? ' (and changes that it does not hold)' : ''}`,
    ],
    ['Pipeline', [source.pipeline, source.pipelineUrl].filter((part) => part !== undefined).join(' ') || undefined],
    ...digests.map((cluster): [string, string] => ['Synth-Digest', `${cluster} ${plan.digests[cluster]}`]),
  ];
  const said = trailers.filter((pair): pair is [string, string] => pair[1] !== undefined);
  const body = lines.length > 0 ? `${lines.join('\n')}\n\n` : '';
  return `${oneLine(subject ?? defaultSubject(plan))}\n\n${body}${said.map(([name, text]) => `${name}: ${oneLine(text)}`).join('\n')}\n`;
}

/** `Publish staging: cartservice, frontend`; numbers where the names would not fit. */
function defaultSubject({ clusters, isLockOnly }: PlannedCommit): string {
  if (isLockOnly) return 'Publish the images that run';
  const names = clusters.map(({ cluster }) => cluster).join(', ');
  const services = [...new Set(clusters.flatMap((one) => one.services))].sort();
  const what = services.length === 0 ? 'platform' : services.join(', ');
  const long = `Publish ${names}: ${what}`;
  if (long.length <= MAX_SUBJECT) return long;
  const short = `Publish ${names}: ${services.length} services`;
  return short.length <= MAX_SUBJECT ? short : `Publish ${clusters.length} clusters: ${services.length} services`;
}

/** What comes from elsewhere cannot begin a trailer of its own. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
