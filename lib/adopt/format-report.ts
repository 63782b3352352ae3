import type { AdoptionReport } from './report';

/** Names that are listed before "and N more". */
const LISTED = 12;

/** The report for people, as Markdown: what a team reads and keeps beside the merge request. */
export function formatAdoption(report: AdoptionReport): string {
  const { counts, firstApply } = report;
  const { workloads, fields, objects } = counts;
  const all = objects.typed + objects.patched + objects.raw + objects.secret + objects.platform;
  const lines = [
    '# What came of the manifests',
    '',
    '| | all | typed fields | with a patch | as they are | lost |',
    '| --- | --- | --- | --- | --- | --- |',
    `| workloads | ${workloads.all} | ${workloads.typed} | ${workloads.patched} | ${workloads.raw} | 0 |`,
    `| objects | ${all} | ${objects.typed} | ${objects.patched} | ${objects.raw} | 0 |`,
    `| values | ${fields.all} | ${fields.typed} | ${fields.patched} | ${fields.raw} | ${fields.lost} |`,
    '',
    ...section(
      'Lost',
      report.lost,
      'These values are said by nothing of the result. It is a bug of aviary: please report it.',
    ),
    ...section('To decide', report.decide),
    ...(report.added.length === 0
      ? []
      : [
          '## Added',
          '',
          '| what | times | why | how to do without |',
          '| --- | --- | --- | --- |',
          ...report.added.map(({ what, count, why, without }) => `| ${what} | ${count} | ${why} | ${without} |`),
          '',
        ]),
    ...section('Said by a patch', report.patched, 'The catalog has no field for these; each patch names its object.'),
    ...(report.raw.length === 0
      ? []
      : [
          '## As they are',
          '',
          'These objects go through unchanged, beside the catalog.',
          '',
          ...report.raw.map(({ reason, objects: list }) => `- ${reason}: ${listed(list)}`),
          '',
        ]),
    ...(report.platform.length === 0
      ? []
      : [
          '## Done by the platform',
          '',
          'These objects are not taken over: the tree has its own in their place. Compare what they say.',
          '',
          ...report.platform.map(
            ({ object, reason, left }) =>
              `- ${object}: ${reason}${left.length === 0 ? '' : `; its own values: ${listed(left)}`}`,
          ),
          '',
        ]),
    '## What the first apply does',
    '',
    `- ${firstApply.restarts.length === 0 ? 'No pod is replaced.' : `Pods are replaced, one after the other, of ${count(firstApply.restarts.length, 'workload')}: ${listed(firstApply.restarts)}.`}`,
    '- Selectors and names stay, so nothing is deleted and made anew.',
    ...(firstApply.runsAgain.length === 0
      ? []
      : [`- These jobs are made anew, and run again: ${listed(firstApply.runsAgain)}.`]),
    ...(firstApply.ofHelm.length === 0
      ? []
      : [
          `- Helm owns ${count(firstApply.ofHelm.length, 'object')}: ${listed(firstApply.ofHelm)}. Before Flux applies them, stop the HelmRelease or the pipeline that upgrades the release, and remove its record (\`kubectl delete secret -l owner=helm,name=RELEASE\`), not the release: \`helm uninstall\` would delete the objects.`,
        ]),
    '',
    ...(report.leftOut.length === 0
      ? []
      : ['## Left out', '', ...report.leftOut.map(({ reason, count: times }) => `- ${times} × ${reason}`), '']),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function section(title: string, items: readonly string[], intro?: string): string[] {
  if (items.length === 0) return [];
  return [`## ${title}`, '', ...(intro === undefined ? [] : [intro, '']), ...items.map((item) => `- ${item}`), ''];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, LISTED).join(', ');
  return names.length > LISTED ? `${shown} and ${names.length - LISTED} more` : shown;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
