import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { grpcSuccessRateQuery, httpSuccessRateQuery } from './index';

/** Prometheus' own engine answers the queries; without it there is nothing to ask. */
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

const HIDDEN = 'source_workload="flagger-loadtester"';
const REAL = 'source_workload="web"';
const many = '0+150x40';
const one = '0+15x40';

/** Name, series of five minutes by source, status and counter, and the percentage; none: no value. */
const table: readonly [string, readonly (readonly [string, 'ok' | 'failed' | 'denied', string])[], number?][] = [
  [
    'ten health checks a second, and every real call fails',
    [
      [HIDDEN, 'ok', many],
      [REAL, 'failed', one],
    ],
    0,
  ],
  [
    'half of the real calls',
    [
      [HIDDEN, 'ok', many],
      [REAL, 'ok', one],
      [REAL, 'failed', one],
    ],
    50,
  ],
  ['the load test alone', [[HIDDEN, 'ok', many]], 100],
  [
    'the load test fails, and real calls do not',
    [
      [HIDDEN, 'failed', many],
      [REAL, 'ok', one],
    ],
    0,
  ],
  [
    'nobody but the load test calls now',
    [
      [HIDDEN, 'ok', many],
      [REAL, 'failed', '7x40'],
    ],
    100,
  ],
  ['no call at all', []],
];

const queries = {
  http: {
    query: httpSuccessRateQuery('destination'),
    ok: 'response_code="200"',
    failed: 'response_code="503"',
    denied: 'response_code="403"',
  },
  grpc: {
    query: grpcSuccessRateQuery('destination'),
    ok: 'request_protocol="grpc",grpc_response_status="0"',
    failed: 'request_protocol="grpc",grpc_response_status="14"',
    denied: 'request_protocol="grpc",grpc_response_status="7"',
  },
} as const;

(hasPromtool ? test.each : test.skip.each)(['http', 'grpc'] as const)(
  '%s: the load test hides no failure',
  (protocol) => {
    const { query, ...status } = queries[protocol];
    const rendered = query
      .replaceAll('{{ namespace }}', 'shop')
      .replaceAll('{{ target }}', 'cart')
      .replaceAll('{{ interval }}', '1m');
    const denied = [['everybody is denied', [[REAL, 'denied', one]], protocol === 'grpc' ? 0 : 100]] as typeof table;
    const tests = [...table, ...denied].map(([name, series, percent]) => ({
      name,
      interval: '15s',
      input_series: series.map(([source, kind, values]) => ({
        series: `istio_requests_total{reporter="destination",destination_workload_namespace="shop",destination_workload="cart",${source},${status[kind]}}`,
        values,
      })),
      promql_expr_test: [
        {
          expr: rendered,
          eval_time: '5m',
          exp_samples: percent === undefined ? [] : [{ labels: '{}', value: percent }],
        },
      ],
    }));
    const folder = mkdtempSync(join(tmpdir(), 'aviary-queries-'));
    const file = join(folder, 'tests.yml');
    writeFileSync(file, JSON.stringify({ evaluation_interval: '15s', tests }));
    const { status: code, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect([code, `${stdout}${stderr}`]).toEqual([0, expect.stringContaining('SUCCESS')]);
  },
);
