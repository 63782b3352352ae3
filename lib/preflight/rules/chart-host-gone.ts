import { textAt } from '../../kube';
import { GONE_CHART_HOSTS } from '../removed-apis';
import { rule } from '../rule';

const goneHost = (url: string | undefined) =>
  url === undefined ? undefined : GONE_CHART_HOSTS.find(([host]) => url.replace(/^[a-z]+:\/\//, '').startsWith(host));

/** Where an object says the address of charts. */
const PLACES: readonly (readonly [kind: string, ...path: string[]])[] = [
  ['HelmRepository', 'spec', 'url'],
  ['OCIRepository', 'spec', 'url'],
  // Flux 1's Helm operator.
  ['HelmRelease', 'spec', 'chart', 'repository'],
];

export default rule({
  id: 'chart-host-gone',
  severity: 'error',
  effect: 'stuck',
  since: '0.2.0',
  why: 'The host of the chart is switched off: what is installed goes on, and the next install, upgrade or new cluster fails. The stable and incubator charts went in 2020, the hosts of Istio end with 2026.',
  cause: 'the host of the chart is switched off',
  source: [
    'helm.sh/blog/charts-repo-deprecation',
    'istio.io/latest/news/releases/1.31.x/announcing-1.31/upgrade-notes',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const [kind, ...path] of PLACES)
      for (const entry of world.ofKind(kind)) {
        const url = textAt(entry.object, ...path);
        const gone = goneHost(url);
        if (!gone) continue;
        report(entry, {
          pointer: `/${path.join('/')}`,
          message: `${kind} "${entry.name}" takes charts from ${url}, which is gone`,
          fix: `take them from ${gone[1]}`,
        });
      }
  },
  cases: () => ({
    bad: [
      {
        name: 'the stable charts',
        manifests: [
          {
            apiVersion: 'source.toolkit.fluxcd.io/v1',
            kind: 'HelmRepository',
            metadata: { name: 'stable', namespace: 'flux-system' },
            spec: { interval: '1h', url: 'https://kubernetes-charts.storage.googleapis.com/' },
          },
        ],
        expect: [
          {
            object: 'HelmRepository flux-system/stable',
            pointer: '/spec/url',
            message:
              'HelmRepository "stable" takes charts from https://kubernetes-charts.storage.googleapis.com/, which is gone',
          },
        ],
      },
    ],
    good: [
      {
        name: "Istio's registry",
        manifests: [
          {
            apiVersion: 'source.toolkit.fluxcd.io/v1',
            kind: 'OCIRepository',
            metadata: { name: 'base', namespace: 'istio-system' },
            spec: { interval: '1h', url: 'oci://ghcr.io/istio/release/charts/base', ref: { tag: '1.31.1' } },
          },
        ],
      },
    ],
  }),
});
