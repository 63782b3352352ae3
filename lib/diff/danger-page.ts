import { stringify } from 'yaml';
import type { Danger, DangerCase, DangerObjects } from './danger';
import { caseDiff, findDangers } from './find-dangers';

const SEVERITIES = {
  error: 'users lose data or an answer',
  warning: 'look before it is merged',
  info: 'good to know',
} as const;

/** The page of a danger, in Markdown: what happens and why, a change that it reports with the report, one that is safe. */
export function dangerPage(danger: Danger): string {
  const [bad] = danger.cases.bad;
  const [good] = danger.cases.good;
  return [
    `# ${danger.id}`,
    '',
    `A danger that \`aviary diff\` reports. Severity ${danger.severity}: ${SEVERITIES[danger.severity]}. Since ${danger.since}.`,
    '',
    danger.why,
    '',
    ...(bad ? example('What it reports', bad, danger) : []),
    ...(good ? example('What is safe', good, danger) : []),
    '## Source',
    '',
    ...danger.source.map((source) => `- ${source}`),
    '',
    '## Where it is meant',
    '',
    'Give the reason, as an annotation of the object as it is after the change (before it, for an object that goes):',
    '',
    '```yaml',
    'metadata:',
    '  annotations:',
    `    aviary.dev/ignore: ${danger.id}=why this is meant`,
    '```',
    '',
  ].join('\n');
}

/** All dangers, worst first. */
export function dangerList(dangers: readonly Danger[]): string {
  const rows = (['error', 'warning', 'info'] as const).flatMap((severity) =>
    dangers
      .filter((danger) => danger.severity === severity)
      .map(({ id, cause }) => `| [${id}](${id}.md) | ${severity} | ${cause.replaceAll('|', '\\|')} |`),
  );
  return ['# Dangers of a change', '', '| danger | severity | why |', '|---|---|---|', ...rows, ''].join('\n');
}

function example(title: string, one: DangerCase, danger: Danger): string[] {
  const reports = findDangers(caseDiff(one), [danger]).flatMap(({ place, message, fix }) => [
    `> **${place.object}**: ${message}`,
    '>',
    `> Where it is not meant: ${fix}`,
    '',
  ]);
  return [
    `## ${title}`,
    '',
    `${one.name.charAt(0).toUpperCase()}${one.name.slice(1)}. Before:`,
    '',
    '```yaml',
    yamlOf(one.before),
    '```',
    '',
    'After:',
    '',
    '```yaml',
    yamlOf(one.after),
    '```',
    '',
    ...reports,
  ];
}

/** A case may hold many objects of one form. */
const MOST = 3;

function yamlOf(objects: DangerObjects): string {
  const files = 'length' in objects ? { '': objects } : objects;
  const texts = Object.entries(files as Readonly<Record<string, readonly unknown[]>>).flatMap(([file, list]) => [
    ...list
      .slice(0, MOST)
      .map((object, index) => `${file !== '' && index === 0 ? `# ${file}\n` : ''}${stringify(object).trim()}`),
    ...(list.length > MOST ? [`# and ${list.length - MOST} more`] : []),
  ]);
  return texts.length === 0 ? '# nothing' : texts.join('\n---\n');
}
