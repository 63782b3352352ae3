import { stringify } from 'yaml';
import type { Finding } from '../findings';
import { type Account, accounts } from './accounting';
import { caseWorld } from './case-world';
import { inputCodeList } from './input-codes';
import type { Case, CaseManifests, Effect, Rule } from './rule';
import { runPreflight } from './run';

const effects: Readonly<Record<Effect, string>> = {
  rejected: 'the API server or Flagger refuses the object',
  outage: 'users see errors',
  stuck: 'the rollout never ends',
  fails: 'the rollout is rolled back',
  wrong: 'the rollout succeeds, or measures, what it should not',
  cost: 'resources are wasted',
  'no-alert': 'nobody is told',
};

/** The page of a rule, in Markdown: what happens and why, an example that it reports with the report, one that is sound. */
export function rulePage(rule: Rule): string {
  const [bad] = rule.cases.bad;
  const [good] = rule.cases.good;
  return [
    `# ${rule.id}`,
    '',
    `Severity ${rule.severity}: ${effects[rule.effect]}. Since ${rule.since}.`,
    '',
    rule.why,
    '',
    ...(bad ? example('What it reports', bad, findingsOf(rule, bad)) : []),
    ...(good ? example('What is sound', good, []) : []),
    ...(rule.echoOf?.length
      ? ['## Root', '', `Often an echo of ${rule.echoOf.map(link).join(', ')}: mend that first.`, '']
      : []),
    '## Source',
    '',
    ...rule.source.map((source) => `- ${source}`),
    ...(rule.codes.length > 0 ? [`- failure modes: ${rule.codes.join(', ')}`] : []),
    '',
    '## To silence it for one object',
    '',
    'Give the reason, in the catalog (`preflight.ignore` of the service) or as an annotation of the object:',
    '',
    '```yaml',
    'metadata:',
    '  annotations:',
    `    aviary.dev/ignore: ${rule.id}=why this does not hold here`,
    '```',
    '',
  ].join('\n');
}

/** The list of all rules by what happens when they are not heeded, and every known failure mode with what stands against it. */
export function ruleList(rules: readonly Rule[]): string {
  const sections = (Object.keys(effects) as Effect[]).flatMap((effect) => {
    const of = rules.filter((rule) => rule.effect === effect);
    if (of.length === 0) return [];
    const rows = of.map((rule) => `| ${link(rule.id)} | ${rule.severity} | ${rule.cause.replaceAll('|', '\\|')} |`);
    return [`## ${effect}: ${effects[effect]}`, '', '| rule | severity | cause |', '|---|---|---|', ...rows, ''];
  });
  return ['# Rules of preflight', '', ...sections, inputCodeList(), ...accountSection(rules)].join('\n');
}

function accountSection(rules: readonly Rule[]): string[] {
  const all = accounts(rules);
  const count = (isSo: (account: Account) => boolean) => all.filter(isSo).length;
  const ruled = count((account) => account.rules.length > 0);
  const reasoned = count(({ unknowable }) => unknowable !== undefined);
  const open = all.length - ruled - reasoned;
  const rows = all.map(({ code, what, rules: found, unknowable }) => {
    const answer =
      found.length > 0 ? found.map(link).join(', ') : unknowable ? `not knowable: ${unknowable}` : 'no rule yet';
    return `| ${code} | ${what.replaceAll('|', '\\|')} | ${answer} |`;
  });
  return [
    '## Every known failure mode of a rollout',
    '',
    `${all.length} failure modes: ${ruled} found by rules, ${reasoned} that the objects do not show${open > 0 ? `, ${open} without a rule yet` : ''}.`,
    '',
    '| failure mode | cause | what stands against it |',
    '|---|---|---|',
    ...rows,
    '',
  ];
}

/** What the rule reports in a case. */
function findingsOf(rule: Rule, one: Case): readonly Finding[] {
  return runPreflight(caseWorld(one), { rules: [rule] }).findings;
}

function example(title: string, one: Case, findings: readonly Finding[]): string[] {
  const facts = one.facts ? ['', `With these facts: \`${JSON.stringify(one.facts)}\``] : [];
  const reports = findings.flatMap((finding) => [
    `> **${finding.place.object}**: ${finding.message}`,
    '>',
    ...(finding.cause ? [`> Cause: ${finding.cause}`, '>'] : []),
    ...(finding.fix ? [`> Fix: ${finding.fix}`] : []),
    '',
  ]);
  return [`## ${title}`, '', `${one.name}:`, ...facts, '', '```yaml', yamlOf(one), '```', '', ...reports];
}

function yamlOf({ manifests, files = {} }: Case): string {
  const main = textOf(manifests);
  const others = Object.entries(files).map(([file, content]) => `# ${file}\n${textOf(content)}`);
  return [...(main === '' ? [] : [main]), ...others].join('\n---\n');
}

function textOf(manifests: CaseManifests): string {
  const parts = typeof manifests === 'string' ? [manifests] : manifests;
  return parts.map((part) => (typeof part === 'string' ? part : stringify(part)).trim()).join('\n---\n');
}

function link(id: string): string {
  return `[${id}](${id}.md)`;
}
