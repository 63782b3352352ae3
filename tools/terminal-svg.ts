/** How a character looks. */
interface Style {
  readonly isBold: boolean;
  readonly color: string;
}

interface Character extends Style {
  readonly text: string;
}

const FOREGROUND = '#d4d4d8';
const DIM = '#8b8b95';
/** What picocolors writes: codes of SGR. */
const COLORS: Readonly<Record<number, string>> = { 31: '#f87171', 32: '#86efac', 33: '#fcd34d', 36: '#67e8f9' };

/** A code of SGR, or a character. */
const PIECE = new RegExp(`${String.fromCharCode(27)}\\[(\\d+)m|[^${String.fromCharCode(27)}]`, 'gu');

const CHARACTER_WIDTH = 7.83;
const LINE_HEIGHT = 19;
const PADDING = 20;
const TITLE_BAR = 34;

/**
 * A picture of a terminal, as SVG: text with ANSI colours in, one text element a line out. Nothing in it is loaded from elsewhere, so it
 * can stand in a README.
 * @param columns longer lines are folded, and go on below their own indent
 */
export function terminalSvg(ansi: string, title: string, columns: number): string {
  const lines = parse(ansi).flatMap((line) => fold(line, columns));
  const width = Math.ceil(columns * CHARACTER_WIDTH + 2 * PADDING);
  const height = TITLE_BAR + lines.length * LINE_HEIGHT + PADDING;
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (color, index) => `<circle cx="${PADDING + index * 20}" cy="17" r="6" fill="${color}"/>`,
  );
  const texts = lines.map(
    (line, index) =>
      `<text x="${PADDING}" y="${TITLE_BAR + (index + 1) * LINE_HEIGHT - 5}" xml:space="preserve">${spans(line)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${xml(title)}">`,
    `<title>${xml(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="10" fill="#18181b"/>`,
    ...dots,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" fill="${FOREGROUND}">`,
    ...texts,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function parse(ansi: string): Character[][] {
  const lines: Character[][] = [[]];
  let style: Style = { isBold: false, color: FOREGROUND };
  for (const [part, code] of ansi.matchAll(PIECE)) {
    if (code !== undefined) style = after(style, Number(code));
    else if (part === '\n') lines.push([]);
    else lines.at(-1)!.push({ text: part, ...style });
  }
  while (lines.at(-1)?.length === 0) lines.pop();
  return lines;
}

function after(style: Style, code: number): Style {
  if (code === 1) return { ...style, isBold: true };
  if (code === 2) return { ...style, color: DIM };
  // Ends bold and dim alike.
  if (code === 22) return { isBold: false, color: style.color === DIM ? FOREGROUND : style.color };
  if (code === 0) return { isBold: false, color: FOREGROUND };
  return { ...style, color: COLORS[code] ?? FOREGROUND };
}

function fold(line: readonly Character[], columns: number, below?: number): (readonly Character[])[] {
  if (line.length <= columns) return [line];
  const text = line.map((one) => one.text).join('');
  const indent = below ?? (/^ */.exec(text)?.[0].length ?? 0) + 2;
  const space = text.lastIndexOf(' ', columns);
  const end = space > columns / 2 ? space : columns;
  const blank: Character = { text: ' ', isBold: false, color: FOREGROUND };
  const rest = [...Array<Character>(indent).fill(blank), ...line.slice(space > columns / 2 ? end + 1 : end)];
  return [line.slice(0, end), ...fold(rest, columns, indent)];
}

function spans(line: readonly Character[]): string {
  const runs: { text: string; style: Style }[] = [];
  for (const { text, ...style } of line) {
    const last = runs.at(-1);
    if (last && last.style.isBold === style.isBold && last.style.color === style.color) last.text += text;
    else runs.push({ text, style });
  }
  return runs
    .map(({ text, style }) => {
      const look = [
        ...(style.color === FOREGROUND ? [] : [`fill="${style.color}"`]),
        ...(style.isBold ? ['font-weight="bold"'] : []),
      ];
      return look.length === 0 ? xml(text) : `<tspan ${look.join(' ')}>${xml(text)}</tspan>`;
    })
    .join('');
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
