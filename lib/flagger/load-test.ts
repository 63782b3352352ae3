import { parseGoDuration, remembered } from '../kube';

/** Tools of Flagger's load tester image and what one finds beside them. */
export type LoadTool = 'hey' | 'ghz' | 'curl' | 'wrk' | 'k6' | 'fortio' | 'vegeta' | 'ab' | 'bombardier' | 'grpcurl';

/** A request that a webhook's command sends: read from the command line, as far as it says. */
export interface LoadTest {
  readonly tool: LoadTool;
  /** What the tool speaks. */
  readonly protocol: 'http' | 'grpc';
  /** Host as written: `frontend-canary.shop`; undefined when it is in a script or a variable. */
  readonly host: string | undefined;
  /** Port as written or the scheme's own. */
  readonly port: number | undefined;
  readonly path: string | undefined;
  /** How long it runs, undefined when the command does not say (then it runs `requests` times). */
  readonly durationSeconds: number | undefined;
  /** Requests a second while it runs, all workers together; undefined when it is unlimited or unknown. */
  readonly requestsPerSecond: number | undefined;
  readonly requests: number | undefined;
  /** Headers that it sends, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

const grpcTools = new Set<LoadTool>(['ghz', 'grpcurl']);
const toolNames = new Set<string>([
  'hey',
  'ghz',
  'curl',
  'wrk',
  'k6',
  'fortio',
  'vegeta',
  'ab',
  'bombardier',
  'grpcurl',
]);

/** Finds the requests in the command of a load test or acceptance hook; one entry for each tool that is called. */
export function parseLoadTests(command: string): LoadTest[] {
  const plain = parsePlain(command);
  if (plain) return [plain];
  const tests: LoadTest[] = [];
  for (const words of commands(command)) {
    const call = toolCall(words);
    if (!call) continue;
    const { rest, test } = readFlags(call.tool, call.words);
    tests.push(aimed(test, targetOf(call.tool, rest)));
  }
  return tests;
}

/** A plain line that ends with its target, as most do: the flags before it are those of many services and are read once. */
function parsePlain(command: string): LoadTest | undefined {
  const end = command.lastIndexOf(' ');
  if (end < 0 || end === command.length - 1 || command[end + 1] === '-' || !isPlain(command)) return undefined;
  const flags = flagsOf(command.slice(0, end));
  if (!flags) return undefined;
  const last = command.slice(end + 1);
  return aimed(flags.test, targetOf(flags.test.tool, flags.rest.length === 0 ? [last] : [...flags.rest, last]));
}

type Target = Pick<LoadTest, 'host' | 'port' | 'path'>;

/** Field by field: ten thousand services have a load test each. */
function aimed(
  { tool, protocol, durationSeconds, requestsPerSecond, requests, headers }: Load,
  target: Target,
): LoadTest {
  const { host, port, path } = target;
  return { tool, protocol, host, port, path, durationSeconds, requestsPerSecond, requests, headers };
}

/** Null where no tool is called, or where the last flag still waits for its value. */
const flagsOf = remembered((line: string): CommandFlags | null => {
  const call = toolCall(wordsOf(line));
  const flags = call && readFlags(call.tool, call.words);
  return flags && !flags.isIncomplete ? flags : null;
});

function toolCall(
  words: readonly string[],
): { readonly tool: LoadTool; readonly words: readonly string[] } | undefined {
  const start = words.findIndex((word) => !leading.test(word));
  return start < 0 || !toolNames.has(baseName(words[start]!))
    ? undefined
    : { tool: baseName(words[start]!) as LoadTool, words: words.slice(start + 1) };
}

/** What may stand before the program: assignments, words of the shell, and programs that start another one. */
const leading =
  /^(\w+=.*|timeout|nohup|time|exec|sudo|xargs|then|do|else|if|while|until|!|\{|\d+(\.\d+)?[smhd]?|-\S*)$/;

const isPlain = (line: string): boolean => !/[\\'"|;&()\n]/.test(line);
const wordsOf = (line: string): string[] => line.split(/[ \t\r]+/).filter((word) => word !== '');

function baseName(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1);
}

/** Splits a shell line into simple commands of words: quotes and escapes kept together, nothing expanded. */
function commands(line: string): string[][] {
  // Most lines are plain words.
  if (isPlain(line)) {
    const words = wordsOf(line);
    return words.length > 0 ? [words] : [];
  }
  const all: string[][] = [[]];
  let word: string | undefined;
  let quote: string | undefined;
  const endWord = () => {
    if (word !== undefined) all.at(-1)?.push(word);
    word = undefined;
  };
  for (let i = 0; i < line.length; i++) {
    const c = line[i] as string;
    if (quote !== undefined) {
      if (c === quote) quote = undefined;
      else if (c === '\\' && quote === '"' && i + 1 < line.length) word = (word ?? '') + line[++i];
      else word = (word ?? '') + c;
    } else if (c === "'" || c === '"') {
      quote = c;
      word ??= '';
    } else if (c === '\\' && i + 1 < line.length) {
      i++;
      if (line[i] !== '\n') word = (word ?? '') + line[i];
    } else if (c === '|' || c === ';' || c === '&' || c === '(' || c === ')' || c === '\n') {
      endWord();
      if (all.at(-1)?.length) all.push([]);
    } else if (c === ' ' || c === '\t' || c === '\r') endWord();
    else word = (word ?? '') + c;
  }
  endWord();
  return all.filter((words) => words.length > 0);
}

/** Flags that take no value; every other flag takes the next word. */
const switches: Readonly<Partial<Record<LoadTool, string>>> = {
  hey: '-disable-compression -disable-keepalive -disable-redirects -h2',
  ghz: '--insecure --skipTLS -v --async --skipFirst',
  curl: '-s -S -f -k -v -i -I -L -g -sS -sf -sfS -fsS -fs -sk --fail --silent --show-error --insecure --location --head --compressed --http2 --http2-prior-knowledge',
  ab: '-k -q -r -l -v4',
  grpcurl: '-plaintext -insecure -v -vv -emit-defaults',
  wrk: '--latency',
};

const switchesOf: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [...toolNames].map((tool) => [tool, new Set((switches[tool as LoadTool] ?? '').split(' '))]),
);

/** What the flags of a command say. */
type Load = Omit<LoadTest, keyof Target>;

/** The same, and the words that are no flag's. */
interface CommandFlags {
  readonly test: Load;
  readonly rest: readonly string[];
  /** Whether the last word is a flag without the value that it takes. */
  readonly isIncomplete: boolean;
}

function readFlags(tool: LoadTool, words: readonly string[]): CommandFlags {
  const flags = new Map<string, string[]>();
  const rest: string[] = [];
  let isIncomplete = false;
  const noValue = switchesOf.get(tool) ?? new Set();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (!word.startsWith('-') || word === '-') {
      rest.push(word);
      continue;
    }
    const equals = word.indexOf('=');
    const name = equals > 0 ? word.slice(0, equals) : word;
    let value = equals > 0 ? word.slice(equals + 1) : '';
    if (equals < 0 && !noValue.has(name)) {
      isIncomplete = i + 1 === words.length;
      value = words[++i] ?? '';
    }
    const values = flags.get(name);
    if (values) values.push(value);
    else flags.set(name, [value]);
  }
  const flag = (...names: string[]): string | undefined => {
    for (let i = names.length - 1; i >= 0; i--) {
      const last = flags.get(names[i]!)?.at(-1);
      if (last !== undefined) return last;
    }
    return undefined;
  };
  const count = (...names: string[]): number | undefined => {
    const text = flag(...names);
    return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  };
  const seconds = (...names: string[]): number | undefined => {
    const duration = parseGoDuration(flag(...names) ?? '');
    return duration.ok ? duration.value / 1000 : undefined;
  };
  const headers: Record<string, string> = {};
  for (const header of [...(flags.get('-H') ?? []), ...(flags.get('--header') ?? [])]) {
    const colon = header.indexOf(':');
    if (colon > 0) headers[header.slice(0, colon).trim().toLowerCase()] = header.slice(colon + 1).trim();
  }
  if (flag('-b', '--cookie') !== undefined && tool === 'curl') headers.cookie = flag('-b', '--cookie') as string;
  if (flag('-host') !== undefined) headers.host = flag('-host') as string;
  const { requestsPerSecond, requests } = rateOf(tool, count);
  const test: Load = {
    tool,
    protocol: grpcTools.has(tool) ? 'grpc' : 'http',
    durationSeconds: seconds('-z', '--duration', '-d', '-t'),
    requestsPerSecond,
    requests,
    headers,
  };
  return { test, rest, isIncomplete };
}

/** @see github.com/rakyll/hey README: `-q` is the rate of one worker, `-c` (50) the workers, `-n` (200) the requests. @see ghz.sh/docs/options: `--rps`, `-q` all together, `-n` (200). */
function rateOf(
  tool: LoadTool,
  count: (...names: string[]) => number | undefined,
): Partial<Pick<LoadTest, 'requestsPerSecond' | 'requests'>> {
  switch (tool) {
    case 'hey': {
      const perWorker = count('-q');
      return {
        requestsPerSecond: perWorker === undefined ? undefined : perWorker * (count('-c') ?? 50),
        requests: count('-n') ?? 200,
      };
    }
    case 'ghz':
      return {
        requestsPerSecond: count('--rps', '-r', '-q', '--qps'),
        requests: count('-n', '--total') ?? 200,
      };
    case 'fortio':
      return { requestsPerSecond: count('-qps') ?? 8, requests: count('-n') };
    case 'vegeta':
      return { requestsPerSecond: count('-rate') ?? 50 };
    case 'curl':
    case 'grpcurl':
      return { requests: 1 };
    case 'ab':
    case 'bombardier':
      return { requests: count('-n'), requestsPerSecond: count('-r') };
    case 'wrk':
    case 'k6':
      return {};
    default: {
      const never: never = tool;
      return never;
    }
  }
}

const nowhere: Target = { host: undefined, port: undefined, path: undefined };

function targetOf(tool: LoadTool, rest: readonly string[]): Target {
  const candidates = rest.filter((word) => !word.includes('$') && !word.includes('{'));
  const url = candidates.find((word) => /^https?:\/\//i.test(word));
  if (url !== undefined) {
    const match = /^(https?):\/\/(?:[^@/]*@)?([^:/?#]+)(?::(\d+))?([^?#]*)/i.exec(url);
    if (!match) return nowhere;
    return {
      host: match[2] as string,
      port: match[3] ? Number(match[3]) : match[1]?.toLowerCase() === 'https' ? 443 : 80,
      path: match[4] || '/',
    };
  }
  const hostPort = candidates
    .map((word) => /^([A-Za-z0-9][\w.-]*):(\d{1,5})(\/\S*)?$/.exec(word))
    .find((match) => match !== null);
  if (hostPort) return { host: hostPort[1], port: Number(hostPort[2]), path: hostPort[3] };
  if (tool !== 'curl' && tool !== 'ab') return nowhere;
  const bare = candidates
    .map((word) => /^([A-Za-z][\w-]*(?:\.[\w-]+)+)(\/\S*)?$/.exec(word))
    .find((match) => match !== null);
  return bare ? { host: bare[1], port: 80, path: bare[2] ?? '/' } : nowhere;
}
