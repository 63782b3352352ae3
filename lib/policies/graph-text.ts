import type { ConnectionGraph, GraphEdge } from './graph';

/** How much of the graph is printed. */
export interface GraphPrintOptions {
  /** With what the platform needs, and what is let through beyond the references. @default false */
  readonly policies?: boolean;
}

const MODES = {
  off: 'no policies: every pod may connect to every other',
  audit: 'policies are audited: nothing is refused yet',
  enforce: 'policies are enforced: what is not here is refused',
} as const;

/** The graph for people: by service, whom it calls and why; then what the outside reaches. */
export function printGraph(graph: ConnectionGraph, { policies = false }: GraphPrintOptions = {}): string {
  const { services, calls, platform, wider } = graph;
  const lines = [
    `${graph.cluster}: ${count(services.length, 'service')}, ${count(calls.length, 'call')}; ${MODES[graph.policies]}`,
    '',
  ];
  const outward = groupedBy(calls, ({ from }) => from);
  const needed = policies
    ? platform
    : platform.filter(({ need }) => need === 'gateway' || need === 'external' || need === 'caller');
  const intoPlatform = groupedBy(needed, ({ from, to }) => (names(services).has(from) ? from : to));
  const byDepth = [...services].sort((a, b) => b.depth - a.depth || (a.name < b.name ? -1 : 1));
  for (const { name, isCanaried } of byDepth) {
    lines.push(`${name}${isCanaried ? ' (canary)' : ''}`);
    const rows = [
      ...(intoPlatform.get(name) ?? []).filter(({ to }) => to === name).map((edge) => row('<-', edge.from, edge)),
      ...(outward.get(name) ?? []).map((edge) => row('->', edge.to, edge)),
      ...(intoPlatform.get(name) ?? []).filter(({ from }) => from === name).map((edge) => row('->', edge.to, edge)),
    ];
    lines.push(...aligned(rows));
  }
  const exposed = services.filter(({ isExposed }) => isExposed);
  lines.push('', 'What the outside reaches:');
  if (exposed.length === 0) lines.push('  nothing: no service is exposed');
  for (const { name, reaches } of exposed)
    lines.push(`  ${name}${reaches.length > 0 ? `, and through it ${reaches.join(', ')}` : ''}`);
  if (policies && wider.length > 0) {
    lines.push('', 'Let through, though no reference names it:');
    lines.push(...aligned(wider.map((edge) => row(`${edge.from} ->`, edge.to, edge))));
  }
  return `${lines.join('\n')}\n`;
}

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
const names = (services: ConnectionGraph['services']): ReadonlySet<string> => new Set(services.map(({ name }) => name));

function row(arrow: string, other: string, { ports, requests, why }: GraphEdge): [string, string] {
  const asked = [...(requests?.methods ?? []), ...(requests?.paths ?? [])].join(' ');
  return [`  ${arrow} ${other}${ports.length > 0 ? `:${ports.join(',')}` : ''}${asked ? ` ${asked}` : ''}`, why];
}

function aligned(rows: readonly [string, string][]): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`);
}

function groupedBy(edges: readonly GraphEdge[], keyOf: (edge: GraphEdge) => string): Map<string, GraphEdge[]> {
  const groups = new Map<string, GraphEdge[]>();
  for (const edge of edges) groups.set(keyOf(edge), [...(groups.get(keyOf(edge)) ?? []), edge]);
  return groups;
}
