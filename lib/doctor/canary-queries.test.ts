import { seriesNames } from './canary-queries';

test.each([
  [
    'a class of characters in a label is no range',
    'sum(rate(envoy_cluster_upstream_rq{envoy_cluster_name=~"shop_web-canary_[0-9a-zA-Z-]+"}[1m]))',
    ['envoy_cluster_upstream_rq'],
  ],
  ['each once', 'sum(rate(a{x="1"}[1m])) / sum(rate(a[1m])) + b', ['a', 'b']],
  ['what is no expression has none', 'sum(', []],
])('the series that a query reads: %s', (_, query, names) => {
  expect(seriesNames(query)).toEqual(names);
});
