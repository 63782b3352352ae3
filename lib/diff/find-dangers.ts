import type { Finding, Place } from '../findings';
import type { KubeObject } from '../kube';
import { ClusterDiff } from './cluster-diff';
import type { Danger, DangerCase, DangerObjects, DangerReport, DangerView } from './danger';
import { type Rollouts, rolloutsOf } from './rollouts';

/** The annotation that says that a change is meant: `code=reason; other-code=reason`, as for rules of preflight. */
const IGNORE = 'aviary.dev/ignore';

/** What the change of one cluster may break, worst first. */
export function findDangers(diff: ClusterDiff, dangers: readonly Danger[], known?: Rollouts): Finding[] {
  // Nothing runs there yet that could suffer.
  if (diff.isNewCluster) return [];
  const view = viewOf(diff, known);
  const findings: Finding[] = [];
  for (const danger of dangers)
    danger.check(view, (subject, report) => {
      const entry = 'entry' in subject ? subject.entry : subject;
      if (isMeant(entry.annotations[IGNORE], danger.id)) return;
      findings.push(finding(danger, entry.place(report.pointer), report));
    });
  const rank = { error: 0, warning: 1, info: 2 };
  return findings
    .map((one, index) => ({ one, index }))
    .sort((a, b) => rank[a.one.severity] - rank[b.one.severity] || a.index - b.index)
    .map(({ one }) => one);
}

/** The two states of a case. */
export function caseDiff({ before, after }: DangerCase): ClusterDiff {
  return new ClusterDiff({ objects: written(before) }, { objects: written(after) });
}

function written(objects: DangerObjects) {
  const files: Readonly<Record<string, readonly KubeObject[]>> = isList(objects) ? { 'case.yaml': objects } : objects;
  return Object.entries(files).flatMap(([file, list]) =>
    list.map((object, document) => ({ object, origin: { file, document } })),
  );
}

function isList(objects: DangerObjects): objects is readonly KubeObject[] {
  return Array.isArray(objects);
}

function viewOf(diff: ClusterDiff, known: Rollouts | undefined): DangerView {
  let rolling = known;
  return Object.create(diff, {
    rolling: {
      get() {
        rolling ??= rolloutsOf(diff);
        return rolling;
      },
    },
  }) as DangerView;
}

/** The reason is for people: without one the annotation does not count. */
function isMeant(annotation: string | undefined, code: string): boolean {
  return (annotation ?? '').split(';').some((part) => {
    const [id, ...reason] = part.split('=');
    return id?.trim() === code && reason.join('=').trim() !== '';
  });
}

function finding({ id, severity, cause }: Danger, place: Place, report: DangerReport): Finding {
  return {
    code: id,
    severity: report.severity ?? severity,
    place,
    message: report.message,
    cause: report.cause ?? cause,
    fix: report.fix,
    docs: `docs/dangers/${id}.md`,
  };
}
