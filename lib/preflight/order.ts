import type { Finding, Place, Severity } from '../findings';
import { describeEntry, type Entry } from '../world';
import type { Effect, Report, Rule } from './rule';

/** What a rule reported, free of the world in which it was found. */
export interface Reported {
  readonly rule: Rule;
  /** `Kind namespace/name` of what somebody wrote: the Canary for what Flagger makes. */
  readonly object: string;
  /** The object's manifest. */
  readonly file: string;
  /** The object whose rollout suffers: findings about it stay together. */
  readonly group: string;
  readonly groupFile: string;
  /** Position of the group among the written objects. */
  readonly order: number;
  readonly words: Omit<Report, 'about' | 'edits' | 'once'>;
  place(): Place;
}

/** What is known of a report at once: where it is and whom it is about. */
export function reportedAt(rule: Rule, subject: Entry, { about, edits: _, once: __, ...words }: Report): Reported {
  const entry = subject.madeBy ?? subject;
  const group = about?.entry ?? entry;
  // A pointer into an object that Flagger makes means nothing in the Canary.
  const pointer = subject.madeBy ? undefined : words.pointer;
  return {
    rule,
    object: describeEntry(entry),
    file: entry.file,
    group: describeEntry(group),
    groupFile: group.file,
    order: group.order,
    words: { ...words, pointer },
    place: () => entry.place(pointer),
  };
}

const severities: readonly Severity[] = ['error', 'warning', 'info'];
const effects: readonly Effect[] = ['rejected', 'stuck', 'fails', 'outage', 'wrong', 'no-alert', 'cost'];

interface Node {
  readonly one: Reported;
  readonly severity: Severity;
  readonly index: number;
  readonly roots: Node[];
  readonly echoes: Node[];
}

/**
 * Findings in the order in which one mends them: errors first, then object by object as they were written; of one object
 * the finding first that explains most of the others, each root directly before its echoes. Warnings of what is only not
 * seen come after those of what is.
 */
export function toFindings(
  reported: readonly Reported[],
  onFinding?: (finding: Finding, one: Reported) => void,
): Finding[] {
  const nodes = reported.map(toNode);
  linkRoots(nodes);
  const compare = (a: Node, b: Node) =>
    rankOf(a) - rankOf(b) ||
    a.one.order - b.one.order ||
    compareTexts(a.one.group, b.one.group) ||
    comesLast(a) - comesLast(b) ||
    b.echoes.length - a.echoes.length ||
    effects.indexOf(a.one.rule.effect) - effects.indexOf(b.one.rule.effect) ||
    a.index - b.index;
  const findings: Finding[] = [];
  const done = new Set<Node>();
  const visit = (node: Node) => {
    if (done.has(node)) return;
    done.add(node);
    const finding = toFinding(node);
    findings.push(finding);
    onFinding?.(finding, node.one);
    for (const echo of node.echoes.toSorted(compare)) visit(echo);
  };
  for (const root of nodes.filter(({ roots }) => roots.length === 0).sort(compare)) visit(root);
  // Rules that name each other as roots have no first one: any order will do.
  for (const node of nodes) visit(node);
  return findings;
}

function toNode(one: Reported, index: number): Node {
  return { one, severity: one.words.severity ?? one.rule.severity, index, roots: [], echoes: [] };
}

function linkRoots(nodes: readonly Node[]): void {
  const byCode = new Map<string, Node[]>();
  for (const node of nodes) {
    const key = `${node.one.rule.id}@${node.one.group}`;
    const list = byCode.get(key);
    if (list) list.push(node);
    else byCode.set(key, [node]);
  }
  for (const node of nodes)
    for (const code of node.one.words.echoOf ?? node.one.rule.echoOf ?? [])
      for (const root of byCode.get(`${code}@${node.one.group}`) ?? []) {
        node.roots.push(root);
        root.echoes.push(node);
      }
}

/** The worst severity of a finding and its echoes: a root comes before them. */
function rankOf({ severity, echoes }: Node): number {
  return Math.min(...[severity, ...echoes.map((echo) => echo.severity)].map((one) => severities.indexOf(one)));
}

/** An error never waits; of what explains another finding the explanation comes first all the same. */
function comesLast({ one, severity }: Node): number {
  return severity !== 'error' && one.rule.comesLast === true ? 1 : 0;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toFinding({ one, severity, roots }: Node): Finding {
  const { rule, words } = one;
  const because = [...new Set(roots.map((root) => `${root.one.rule.id}@${root.one.object}`))];
  return {
    code: rule.id,
    severity,
    place: one.place(),
    message: words.message,
    cause: words.cause ?? rule.cause,
    ...(words.nearest === undefined ? {} : { nearest: words.nearest }),
    fix: words.fix,
    docs: `docs/rules/${rule.id}.md`,
    ...(because.length > 0 ? { because } : {}),
  };
}
