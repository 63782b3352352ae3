import type { ConnectionGraph, GraphEdge } from './graph';
import type { GraphPrintOptions } from './graph-text';

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** The graph for Graphviz: callers left of their callees. */
export function dotGraph(graph: ConnectionGraph, { policies = false }: GraphPrintOptions = {}): string {
  const shown = graph.platform.filter(({ need }) => policies || need === 'gateway');
  const services = new Set(graph.services.map(({ name }) => name));
  const others = new Set(shown.flatMap(({ from, to }) => [from, to]).filter((name) => !services.has(name)));
  const edge = ({ from, to, ports }: GraphEdge, style = '') =>
    `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(ports.join(','))}${style}];`;
  return `${[
    `digraph ${quoted(graph.cluster)} {`,
    '  rankdir=LR;',
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    ...graph.services.map(({ name, isCanaried }) => `  ${quoted(name)}${isCanaried ? ' [peripheries=2]' : ''};`),
    ...[...others].sort().map((name) => `  ${quoted(name)} [style=dashed];`),
    ...graph.calls.map((one) => edge(one)),
    ...shown.map((one) => edge(one, ', style=dashed')),
    ...(policies ? graph.wider.map((one) => edge(one, ', color=red')) : []),
    '}',
  ].join('\n')}\n`;
}
