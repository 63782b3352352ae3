import type { Finding, Severity } from '../findings';
import { describeEntry, type Entry } from '../world';
import type { Effect, Report, Rule } from './rule';

/** What a rule reported, before it has a place. */
export interface Reported {
  readonly rule: Rule;
  /** What somebody wrote: the Canary for what Flagger makes. */
  readonly entry: Entry;
  readonly isMade: boolean;
  readonly words: Report;
}

const severities: readonly Severity[] = ['error', 'warning', 'info'];
const effects: readonly Effect[] = ['rejected', 'stuck', 'fails', 'outage', 'wrong', 'no-alert', 'cost'];

interface Node {
  readonly one: Reported;
  readonly severity: Severity;
  /** The object whose rollout suffers: findings about it stay together. */
  readonly group: string;
  readonly index: number;
  readonly roots: Node[];
  readonly echoes: Node[];
}

/**
 * Findings in the order in which one mends them: errors first, then object by object as they were written; of one object
 * the finding first that explains most of the others, each root directly before its echoes.
 */
export function toFindings(reported: readonly Reported[]): Finding[] {
  const nodes = reported.map(toNode);
  linkRoots(nodes);
  const groups = new Map<string, number>();
  for (const { group, one } of nodes) if (!groups.has(group)) groups.set(group, orderOf(one));
  const compare = (a: Node, b: Node) =>
    rankOf(a) - rankOf(b) ||
    (groups.get(a.group) ?? 0) - (groups.get(b.group) ?? 0) ||
    compareTexts(a.group, b.group) ||
    b.echoes.length - a.echoes.length ||
    effects.indexOf(a.one.rule.effect) - effects.indexOf(b.one.rule.effect) ||
    a.index - b.index;
  const findings: Finding[] = [];
  const done = new Set<Node>();
  const visit = (node: Node) => {
    if (done.has(node)) return;
    done.add(node);
    findings.push(toFinding(node));
    for (const echo of node.echoes.toSorted(compare)) visit(echo);
  };
  for (const root of nodes.filter(({ roots }) => roots.length === 0).sort(compare)) visit(root);
  // Rules that name each other as roots have no first one: any order will do.
  for (const node of nodes) visit(node);
  return findings;
}

function toNode(one: Reported, index: number): Node {
  const group = describeEntry(one.words.about?.entry ?? one.entry);
  return { one, severity: one.words.severity ?? one.rule.severity, group, index, roots: [], echoes: [] };
}

function linkRoots(nodes: readonly Node[]): void {
  const byCode = new Map<string, Node[]>();
  for (const node of nodes) {
    const key = `${node.one.rule.id}@${node.group}`;
    const list = byCode.get(key);
    if (list) list.push(node);
    else byCode.set(key, [node]);
  }
  for (const node of nodes)
    for (const code of node.one.rule.echoOf ?? [])
      for (const root of byCode.get(`${code}@${node.group}`) ?? []) {
        node.roots.push(root);
        root.echoes.push(node);
      }
}

function orderOf({ entry, words }: Reported): number {
  return (words.about?.entry ?? entry).order;
}

/** The worst severity of a finding and its echoes: a root comes before them. */
function rankOf({ severity, echoes }: Node): number {
  return Math.min(...[severity, ...echoes.map((echo) => echo.severity)].map((one) => severities.indexOf(one)));
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toFinding({ one, severity, roots }: Node): Finding {
  const { rule, entry, isMade, words } = one;
  const because = [...new Set(roots.map((root) => `${root.one.rule.id}@${describeEntry(root.one.entry)}`))];
  return {
    code: rule.id,
    severity,
    // A pointer into an object that Flagger makes means nothing in the Canary.
    place: entry.place(isMade ? undefined : words.pointer),
    message: words.message,
    cause: words.cause ?? rule.cause,
    ...(words.nearest === undefined ? {} : { nearest: words.nearest }),
    fix: words.fix,
    docs: `docs/rules/${rule.id}.md`,
    ...(because.length > 0 ? { because } : {}),
  };
}
