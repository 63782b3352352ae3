import type { ConnectionGraph, GraphEdge } from './graph';
import type { GraphPrintOptions } from './graph-text';

const BOX = { width: 190, height: 40 };
const GAP = { x: 70, y: 18 };
/** Of a line on its way through a column. */
const LANE = 6;
const MARGIN = 20;

/** A box, or a line that passes between boxes. */
interface Spot {
  readonly id: string;
  readonly column: number;
  readonly box?: { readonly name: string; readonly kind: 'service' | 'canary' | 'other'; readonly ports: string };
  /** Ids of those in the column before from which lines come. */
  readonly before: string[];
}
interface Place {
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

/** The graph as a picture: a column for each depth, callers left of their callees. */
export function svgGraph(graph: ConnectionGraph, { policies = false }: GraphPrintOptions = {}): string {
  const shown = [
    ...graph.calls,
    ...graph.platform.filter(({ need }) => need === 'gateway' || (policies && need !== 'dns' && need !== 'mesh')),
  ];
  const columns = columnsOf(graph, shown);
  const spots = new Map<string, Spot>();
  for (const [name, column] of columns)
    spots.set(name, { id: name, column, box: boxOf(name, graph, shown), before: [] });
  const ways = shown.map((edge, index) => wayOf(edge, index, columns, spots));
  const places = place([...spots.values()]);
  const all = [...places.values()];
  const width = Math.max(0, ...all.map(({ x }) => x + BOX.width)) + MARGIN;
  const height = Math.max(0, ...all.map(({ y, height: own }) => y + own)) + MARGIN + 24;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="13">`,
    `<title>Who calls whom in ${escaped(graph.cluster)}</title>`,
    '<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#57606a"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...shown.map((edge, index) => line(edge, ways[index]!, places)),
    ...[...spots.values()].flatMap(({ id, box }) => (box ? [drawn(box, places.get(id)!)] : [])),
    `<text x="${MARGIN}" y="${height - 12}" fill="#57606a" font-size="11">Double border: rolled out as a canary, its primary included. Dashed: no service of the catalog. Numbers: ports of the pods.</text>`,
    '</svg>',
  ].join('\n')}\n`;
}

/** The column of each box: who sends from the outside first, callees right of their callers, what is outside last. */
function columnsOf({ services }: ConnectionGraph, shown: readonly GraphEdge[]): Map<string, number> {
  const deepest = Math.max(0, ...services.map(({ depth }) => depth));
  const columns = new Map(services.map(({ name, depth }) => [name, deepest - depth + 1]));
  const senders = new Set(shown.map(({ from }) => from));
  const others = [...new Set(shown.flatMap(({ from, to }) => [from, to]))].filter((name) => !columns.has(name)).sort();
  const first = (name: string) =>
    Math.min(...shown.flatMap(({ from, to }) => (from === name ? (columns.get(to) ?? []) : [])));
  const found = others.map((name): [string, number] => [name, senders.has(name) ? first(name) - 1 : deepest + 2]);
  for (const [name, column] of found) columns.set(name, column);
  const least = Math.min(...columns.values());
  return new Map([...columns].map(([name, column]) => [name, column - least]));
}

function boxOf(name: string, { services }: ConnectionGraph, shown: readonly GraphEdge[]): NonNullable<Spot['box']> {
  const service = services.find((one) => one.name === name);
  const ports = [...new Set(shown.flatMap((edge) => (edge.to === name ? edge.ports : [])))].sort((a, b) => a - b);
  return {
    name,
    kind: service ? (service.isCanaried ? 'canary' : 'service') : 'other',
    ports: ports.join(', '),
  };
}

/** The spots that a line passes; in each column between its ends it has a lane of its own. */
function wayOf(
  { from, to }: GraphEdge,
  index: number,
  columns: ReadonlyMap<string, number>,
  spots: Map<string, Spot>,
): string[] {
  const [start, end] = [columns.get(from)!, columns.get(to)!];
  const way = [from];
  for (let column = start + 1; column < end; column++) {
    const id = `${index} ${column}`;
    spots.set(id, { id, column, before: [way.at(-1)!] });
    way.push(id);
  }
  if (end > start) spots.get(to)!.before.push(way.at(-1)!);
  return [...way, to];
}

/** Rows by the mean height of what leads to them, column by column; columns stand around one middle. */
function place(spots: readonly Spot[]): Map<string, Place> {
  const columns = [...new Set(spots.map(({ column }) => column))].sort((a, b) => a - b);
  const heightOf = ({ box }: Spot): number => (box ? BOX.height : LANE);
  const stacks = columns.map((column) => spots.filter((spot) => spot.column === column));
  const sizes = stacks.map((stack) => stack.reduce((sum, spot) => sum + heightOf(spot) + GAP.y, -GAP.y));
  const tallest = Math.max(0, ...sizes);
  const places = new Map<string, Place>();
  for (const [index, stack] of stacks.entries()) {
    const wanted = ({ before }: Spot): number => {
      const middles = before.flatMap((id) => {
        const found = places.get(id);
        return found ? [found.y + found.height / 2] : [];
      });
      return middles.length === 0 ? Number.POSITIVE_INFINITY : middles.reduce((sum, y) => sum + y, 0) / middles.length;
    };
    const sorted = stack
      .map((spot) => ({ spot, row: wanted(spot) }))
      .sort((a, b) => (a.row === b.row ? (a.spot.id < b.spot.id ? -1 : 1) : a.row - b.row));
    let y = MARGIN + (tallest - sizes[index]!) / 2;
    for (const { spot } of sorted) {
      const height = heightOf(spot);
      places.set(spot.id, { x: MARGIN + index * (BOX.width + GAP.x), y, height });
      y += height + GAP.y;
    }
  }
  return places;
}

function line(
  { from, to, ports, why, need }: GraphEdge,
  way: readonly string[],
  places: ReadonlyMap<string, Place>,
): string {
  const spots = way.map((id) => places.get(id)!);
  const middle = ({ y, height }: Place) => Math.round(y + height / 2);
  const [start, ...rest] = spots as [Place, ...Place[]];
  const isBack = rest.at(-1)!.x <= start.x;
  const left = (spot: Place) => (isBack ? spot.x + BOX.width : spot.x);
  const right = (spot: Place) => (isBack ? spot.x : spot.x + BOX.width);
  const bend = (GAP.x / 2) * (isBack ? -1 : 1);
  let path = `M${right(start)} ${middle(start)}`;
  let last = start;
  for (const spot of rest) {
    path += `C${right(last) + bend} ${middle(last)} ${left(spot) - bend} ${middle(spot)} ${left(spot)} ${middle(spot)}`;
    if (spot !== rest.at(-1)) path += `H${right(spot)}`;
    last = spot;
  }
  return `<path d="${path}" fill="none" stroke="#57606a"${need === 'call' ? '' : ' stroke-dasharray="4 3"'} marker-end="url(#end)"><title>${escaped(`${from} → ${to} ${ports.join(', ')}: ${why}`)}</title></path>`;
}

function drawn({ name, kind, ports }: NonNullable<Spot['box']>, { x, y }: Place): string {
  const rect = (inset: number, fill: string) =>
    `<rect x="${x + inset}" y="${y + inset}" width="${BOX.width - 2 * inset}" height="${BOX.height - 2 * inset}" rx="6" fill="${fill}" stroke="#0969da"${kind === 'other' ? ' stroke-dasharray="4 3"' : ''}/>`;
  const fitted = name.length > 24 ? ` textLength="${BOX.width - 16}" lengthAdjust="spacingAndGlyphs"` : '';
  const text = (content: string, line: number, more: string) =>
    `<text x="${x + BOX.width / 2}" y="${y + line}" text-anchor="middle"${more}>${escaped(content)}</text>`;
  return [
    rect(0, kind === 'other' ? '#f6f8fa' : '#ddf4ff'),
    kind === 'canary' ? rect(3, 'none') : '',
    text(name, ports === '' ? 25 : 18, ` fill="#1f2328"${fitted}`),
    ports === '' ? '' : text(ports, 32, ' fill="#57606a" font-size="10"'),
  ].join('');
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
