import { existsSync, readFileSync } from 'node:fs';
import type { Statistics } from './measure';

export interface Row {
  readonly group: 'cli' | 'peers' | 'aviary';
  readonly size: number;
  readonly contender: string;
  readonly result: Statistics;
}

const NOTES = 'bench/NOTES.md';

/** The results as a page: tables, ratios, targets; the notes by hand come from bench/NOTES.md. */
export function renderReport(rows: readonly Row[], versions: Readonly<Record<string, string>>): string {
  return [
    '# Benchmark results',
    'Written by `npm run bench`. Wall time of the whole process in seconds: median (min to max), peak memory in MiB.',
    'Repetitions are interleaved: each contender once, then each again.',
    table(['', ''], Object.entries(versions)),
    '## The cdk8s CLI: Online Boutique, two clusters',
    cliTable(rows.filter(({ group }) => group === 'cli')),
    '## The same objects by others: four a service',
    'Checked to be equal, object by object, before anything is timed. Aviary also renders the platform and the lists of files, which the others do not.',
    peerTable(rows.filter(({ group }) => group === 'peers')),
    '### Ratios to Aviary',
    ratioTable(rows.filter(({ group }) => group === 'peers')),
    '## Aviary by itself',
    table(
      ['work (aviary synth)', 'services', 'seconds', 'of these preflight', 'MiB'],
      rows
        .filter(({ group }) => group === 'aviary')
        .map(({ contender, size, result }) => [
          contender,
          String(size),
          seconds(result),
          result.checkSeconds?.toFixed(2) ?? '',
          mebibytes(result),
        ]),
    ),
    '## Targets',
    targetTable(rows),
    existsSync(NOTES) ? readFileSync(NOTES, 'utf8').trim() : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
}

const seconds = ({ median, min, max, isTimedOut }: Statistics): string =>
  isTimedOut ? `stopped after ${median.toFixed(0)}` : `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
const mebibytes = ({ mebibytes: peak }: Statistics): string => (peak === undefined ? '' : String(Math.round(peak)));
const sizesOf = (rows: readonly Row[]): number[] => [...new Set(rows.map(({ size }) => size))];
const namesOf = (rows: readonly Row[]): string[] => [...new Set(rows.map(({ contender }) => contender))];
const find = (rows: readonly Row[], contender: string, size: number): Statistics | undefined =>
  rows.find((row) => row.contender === contender && row.size === size)?.result;

function cliTable(rows: readonly Row[]): string {
  const floor = rows.find(({ contender }) => contender.includes('copies'))?.result.median ?? Number.NaN;
  return table(
    ['command', 'seconds', 'MiB', 'to the CLI that copies'],
    rows.map(({ contender, result }) => [
      contender,
      seconds(result),
      mebibytes(result),
      (result.median / floor).toFixed(2),
    ]),
  );
}

function peerTable(rows: readonly Row[]): string {
  return table(
    ['', ...sizesOf(rows).map((size) => `${size} services`)],
    namesOf(rows).map((name) => [
      name,
      ...sizesOf(rows).map((size) => {
        const result = find(rows, name, size);
        return result ? `${seconds(result)}, ${mebibytes(result)} MiB` : 'not asked: too slow';
      }),
    ]),
  );
}

function ratioTable(rows: readonly Row[]): string {
  return table(
    ['', ...sizesOf(rows).map(String)],
    namesOf(rows).map((name) => [
      name,
      ...sizesOf(rows).map((size) => {
        const [result, own] = [find(rows, name, size), find(rows, 'aviary', size)];
        return result && own ? `${(result.median / own.median).toFixed(2)} ×` : '';
      }),
    ]),
  );
}

function targetTable(all: readonly Row[]): string {
  const peers = all.filter(({ group }) => group === 'peers');
  const own = all.filter(({ group }) => group === 'aviary');
  const cli = all.filter(({ group }) => group === 'cli');
  const median = (rows: readonly Row[], name: string, size: number): number =>
    find(rows, name, size)?.median ?? Number.NaN;
  const aviary = (size: number): number => median(peers, 'aviary', size);
  const copies = 'npx cdk8s synth, app that only copies the files';
  const targets: [string, number, number, string][] = [
    ['12 services, app process', aviary(12), 0.25, 's'],
    [
      '12 services, `npx cdk8s synth` to the CLI with an app that copies',
      median(cli, 'npx cdk8s synth, aviary, nothing in the cache', 12) / median(cli, copies, 12),
      1.15,
      '×',
    ],
    [
      'Online Boutique, `npx cdk8s synth` to the CLI with an empty app',
      median(cli, 'npx cdk8s synth, aviary, nothing in the cache', 12) / median(cli, 'npx cdk8s synth, empty app', 12),
      1.3,
      '×',
    ],
    ['12 services, nothing changed', median(own, 'full catalog, nothing changed (aviary synth)', 12), 0.13, 's'],
    [
      '1000 services to the Helm umbrella chart',
      aviary(1000) / median(peers, 'helm template, umbrella chart', 1000),
      1,
      '×',
    ],
    [
      '1000 services to stock cdk8s, chart per service',
      aviary(1000) / median(peers, 'stock cdk8s, chart per service', 1000),
      1 / 15,
      '×',
    ],
    ['10000 services', aviary(10000), 6, 's'],
    ['10000 services, peak', find(peers, 'aviary', 10000)?.mebibytes ?? Number.NaN, 400, 'MiB'],
    ['t(2000) / t(1000)', aviary(2000) / aviary(1000), 2.2, '×'],
    [
      't(2000) / t(1000), full catalog',
      median(own, 'full catalog, first run', 2000) / median(own, 'full catalog, first run', 1000),
      2.2,
      '×',
    ],
    [
      't(20 clusters) / t(1 cluster), 500 services',
      median(own, '4 objects each, 20 clusters, first run', 500) /
        median(own, '4 objects each, 1 cluster, first run', 500),
      20,
      '×',
    ],
    [
      't(20 clusters) / t(1 cluster), 500 services, full catalog',
      median(own, 'full catalog, 20 clusters, first run', 500) / median(own, 'full catalog, 1 cluster, first run', 500),
      20,
      '×',
    ],
    [
      '10000 services, full catalog: preflight after the build',
      find(own, 'full catalog, first run', 10000)?.checkSeconds ?? Number.NaN,
      3,
      's',
    ],
    [
      '10000 services, full catalog: a run with preflight less one without',
      median(own, 'full catalog, first run, with preflight', 10000) -
        median(own, 'full catalog, first run, without preflight', 10000),
      3,
      's',
    ],
    ['one of 10000 changed', median(own, '4 objects each, one service changed (aviary synth)', 10000), 2, 's'],
    [
      'one of 10000 changed, full catalog',
      median(own, 'full catalog, one service changed (aviary synth)', 10000),
      2,
      's',
    ],
  ];
  return table(
    ['work', 'measured', 'target', ''],
    targets
      .filter(([, value]) => !Number.isNaN(value))
      .map(([name, value, limit, unit]) => {
        const digits = unit === 'MiB' ? 0 : limit < 1 ? 3 : 2;
        return [
          name,
          `${value.toFixed(digits)} ${unit}`,
          `≤ ${limit.toFixed(digits)} ${unit}`,
          value <= limit ? 'met' : '**missed**',
        ];
      }),
  );
}
