import { fullSentence } from '../findings';
import { type Account, accounts, symptomsOf } from './accounting';
import { inputCodeList } from './input-codes';
import type { Case, Effect, Rule } from './rule';
import { caseYaml, type Example, exampleOf } from './rule-example';

const effects: Readonly<Record<Effect, string>> = {
  rejected: 'the API server or Flagger refuses the object',
  outage: 'users see errors',
  stuck: 'the rollout never ends',
  fails: 'the rollout is rolled back',
  wrong: 'the rollout succeeds, or measures, what it should not',
  cost: 'resources are wasted',
  'no-alert': 'nobody is told',
};

/** What is seen of a rule whose failure modes have no message of their own. */
const seen: Readonly<Record<Effect, string>> = {
  rejected: 'Flux or kubectl says that the object was refused, or Flagger logs that its spec is invalid.',
  outage: 'No message of Flagger: calls fail, while the Canary may look healthy.',
  stuck: 'No message of Flagger says it: the Canary never gets to `Succeeded`.',
  fails: '`Rolling back web.shop failed checks threshold reached`, though nothing is wrong with the release.',
  wrong: 'No message: the Canary gets to `Succeeded`.',
  cost: 'No message: there is more of something than anybody needs.',
  'no-alert': 'No message, and that is what is wrong.',
};

/** The page of a rule, in Markdown: symptom, cause, fix as a diff, an example with the lines that are wrong, one that is sound. */
export function rulePage(rule: Rule): string {
  const example = exampleOf(rule);
  const [good] = rule.cases.good;
  return [
    `# ${rule.id}`,
    '',
    `Severity ${rule.severity}: ${effects[rule.effect]}. Since ${rule.since}.`,
    '',
    ...symptomSection(rule),
    '## Cause',
    '',
    rule.why,
    '',
    ...(example ? [...fixSection(example), ...exampleSection(example)] : []),
    ...(good ? ['## What is sound', '', ...caseText(good), '```yaml', caseYaml(good), '```', ''] : []),
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

function symptomSection({ codes, effect }: Rule): string[] {
  const said = symptomsOf(codes);
  const lines =
    said.length === 0
      ? [seen[effect]]
      : said.length === 1
        ? [fullSentence(said[0]!)]
        : said.map((one) => `- ${fullSentence(one)}`);
  return ['## Symptom', '', ...lines, ''];
}

function fixSection({ findings, diff, leadsTo }: Example): string[] {
  const fixes = [...new Set(findings.map(({ fix }) => fix).filter((fix) => fix !== undefined))];
  return [
    '## Fix',
    '',
    ...fixes.flatMap((fix) => [fullSentence(fix), '']),
    ...(diff === undefined ? [] : [leadsTo === 'mended' ? 'As a diff:' : 'What is near to it, and sound:', '']),
    ...(diff === undefined ? [] : ['```diff', diff, '```', '']),
  ];
}

function exampleSection({ one, findings }: Example): string[] {
  return [
    '## Example',
    '',
    ...caseText(one),
    '```yaml',
    caseYaml(one, findings),
    '```',
    '',
    ...findings.flatMap(({ place, message, cause }) => [
      `> **${place.object}**: ${fullSentence(message)}`,
      ...(cause ? ['>', `> Cause: ${fullSentence(cause)}`] : []),
      '',
    ]),
  ];
}

/** What a case is about, above its YAML. */
function caseText({ name, facts }: Case): string[] {
  return [
    `${fullSentence(name).replace(/\.$/, '')}:`,
    ...(facts ? ['', `With these facts: \`${JSON.stringify(facts)}\``] : []),
    '',
  ];
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

function link(id: string): string {
  return `[${id}](${id}.md)`;
}
