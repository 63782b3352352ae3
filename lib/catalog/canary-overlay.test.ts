import { broken, lines } from './load.fixture';

const canary = (fields: object) => lines(broken((catalog) => Object.assign(catalog.services[0].canary, fields)));

test.each<[string, object, string[]]>([
  [
    'a field without one of the catalog',
    { spec: { service: { headless: true, trafficDistribution: 'PreferClose' } } },
    [],
  ],
  ['another strategy than the default', { spec: { analysis: { iterations: 5 } } }, []],
  [
    'a field that does not exist',
    { spec: { service: { headles: true } } },
    ['/services/0/canary/spec/service/headles: spec.service.headles does not exist [canary]'],
  ],
  [
    'a value that the definition refuses',
    { spec: { analysis: { threshold: 'many' } } },
    ['/services/0/canary/spec/analysis/threshold: spec.analysis.threshold "many" is not taken [canary]'],
  ],
  [
    'weights that never end',
    { spec: { analysis: { stepWeights: [50, 20] } } },
    [
      '/services/0/canary/spec/analysis/stepWeights: spec.analysis.stepWeights [50,20] must increase strictly, from 1 to 100: else the analysis never ends [canary]',
    ],
  ],
  ['what is meant', { spec: { analysis: { interval: '5s' } }, allow: ['interval-clamped'] }, []],
  [
    'what nobody may mean',
    { allow: ['stepweights-empty', 'nonsense'] },
    [
      '/services/0/canary/allow/0: allow.0 "stepweights-empty" cannot be allowed [canary]',
      '/services/0/canary/allow/1: allow.1 "nonsense" is no code of a fault [canary]',
    ],
  ],
  ['bounds for what nobody counts', { metrics: { successRateMinPercent: 99.9 } }, []],
])('canary.spec: %s', (_, fields, expected) => {
  expect(canary(fields)).toEqual(expected);
});

test('bounds without a mesh are refused, not dropped', () => {
  const found = lines(
    broken((catalog) => {
      catalog.platform.mesh = 'kubernetes';
      catalog.services[0].canary.metrics = { successRateMinPercent: 99.9 };
      catalog.services[0].canary.timeout = '5s';
    }),
  );
  expect(found).toEqual([
    '/services/0/canary/metrics/successRateMinPercent: successRateMinPercent 99.9 cannot be checked in cluster "staging": with mesh "kubernetes" nobody counts requests where Flagger asks [canary]',
    '/services/0/canary/metrics/successRateMinPercent: successRateMinPercent 99.9 cannot be checked in cluster "production": with mesh "kubernetes" nobody counts requests where Flagger asks [canary]',
    '/services/0/canary/timeout: timeout is not read by provider kubernetes [canary]',
  ]);
});
