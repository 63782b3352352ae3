/** Workload of the load tester, as the mesh names the source of its requests. */
export const LOAD_TESTER = 'flagger-loadtester';

/** A command of the load tester, as far as it decides traffic. */
export interface LoadTest {
  readonly tool: 'hey' | 'ghz';
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly requestsPerSecond: number;
  readonly seconds: number;
}

/**
 * Reads `hey -z 55s -q 5 -c 2 http://host:port/path` (rate per worker, times workers) and
 * `ghz -z 55s --rps 10 -c 2 --call=x host:port` (rate in all). Undefined for what is neither.
 */
export function parseLoadTest(command: string): LoadTest | undefined {
  const words = [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
  const [tool, ...rest] = words;
  if (tool !== 'hey' && tool !== 'ghz') return undefined;
  const options = new Map<string, string>();
  let target = '';
  for (let index = 0; index < rest.length; index += 1) {
    const word = rest[index] ?? '';
    const [name, value] = word.split(/=(.*)/s);
    if (!word.startsWith('-')) target = word;
    else if (value !== undefined) options.set(name ?? '', value);
    else if (['--insecure', '--skipTLS', '-disable-keepalive', '-h2'].includes(word)) options.set(word, '');
    else {
      index += 1;
      options.set(word, rest[index] ?? '');
    }
  }
  const url = new URL(target.includes('://') ? target : `http://${target}`);
  const workers = Number(options.get('-c') ?? 50);
  const rate = tool === 'hey' ? Number(options.get('-q') ?? Number.NaN) * workers : Number(options.get('--rps'));
  const seconds = durationSeconds(options.get('-z') ?? '');
  if (!Number.isFinite(rate) || seconds === undefined) return undefined;
  return {
    tool,
    host: url.hostname,
    port: Number(url.port || 80),
    path: url.pathname,
    requestsPerSecond: rate,
    seconds,
  };
}

function durationSeconds(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+)(h|m|s)/g)];
  if (parts.length === 0 || parts.map(([all]) => all).join('') !== text) return undefined;
  const unit = { h: 3600, m: 60, s: 1 };
  return parts.reduce((sum, [, count, name]) => sum + Number(count) * unit[name as 'h' | 'm' | 's'], 0);
}
