import { textAt } from '../../kube';
import { listed, versionOf } from '../ask';
import { helmRelease, object } from '../case-objects';
import { chartVersion, lowestOf } from '../chart-version';
import type { ObjectChange } from '../cluster-diff';
import { danger } from '../danger';

export default danger({
  id: 'chart-major-version',
  severity: 'warning',
  since: '0.2.0',
  why: 'By the rules of semantic versions a new major version of a chart may drop values, rename objects or need steps by hand; Helm passes over values that it does not know, and what they said is gone without a word.',
  cause: 'values that the new major version does not know are passed over without a word',
  source: ['semver.org', 'helm.sh/docs/topics/charts (charts and versioning)'],
  check(diff, report) {
    // A chart that many releases share takes one step in all of them.
    const steps = new Map<string, { readonly change: ObjectChange; readonly names: string[] }>();
    for (const change of diff.of('HelmRelease', 'OCIRepository')) {
      const [was, is] = [chartVersion(change.before), chartVersion(change.after)];
      const [before, after] = [versionOf(lowestOf(was)), versionOf(lowestOf(is))];
      if (!before || !after || before.numbers[0] === after.numbers[0]) continue;
      const chart = textAt(change.after?.object, 'spec', 'chart', 'spec', 'chart') ?? change.name;
      const key = `${change.kind} ${chart}: from major version ${was} to ${is}`;
      const known = steps.get(key);
      if (known) known.names.push(change.name);
      else steps.set(key, { change, names: [change.name] });
    }
    for (const [key, { change, names }] of steps) {
      const step = key.slice(key.indexOf(': ') + 2);
      report(change, {
        message:
          names.length === 1
            ? `${change.kind} "${change.name}" goes ${step}`
            : `${names.length} ${change.kind === 'HelmRelease' ? 'HelmReleases' : 'OCIRepositories'} of one chart (${listed(names)}) go ${step}`,
        fix: 'read the notes of the release, compare `helm template` of both versions with your values, and change nothing else in this commit',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'a chart of an application',
        before: [helmRelease('redis', 'redis', '19.6.0')],
        after: [helmRelease('redis', 'redis', '20.1.0')],
        expect: [
          {
            object: 'HelmRelease shop/redis',
            message: 'HelmRelease "redis" goes from major version 19.6.0 to 20.1.0',
          },
        ],
      },
      {
        name: 'of several releases',
        before: ['a', 'b'].map((name) => helmRelease(name, 'app-template', '5.6.2')),
        after: ['a', 'b'].map((name) => helmRelease(name, 'app-template', '6.0.1')),
        expect: [
          {
            object: 'HelmRelease shop/a',
            message: '2 HelmReleases of one chart (a, b) go from major version 5.6.2 to 6.0.1',
          },
        ],
      },
      {
        name: 'in a registry',
        before: [object('source.toolkit.fluxcd.io/v1', 'OCIRepository', 'redis', { spec: { ref: { tag: '1.9.0' } } })],
        after: [object('source.toolkit.fluxcd.io/v1', 'OCIRepository', 'redis', { spec: { ref: { tag: '2.0.0' } } })],
        expect: [
          {
            object: 'OCIRepository shop/redis',
            message: 'OCIRepository "redis" goes from major version 1.9.0 to 2.0.0',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a minor one',
        before: [helmRelease('redis', 'redis', '19.6.0')],
        after: [helmRelease('redis', 'redis', '19.7.0')],
      },
    ],
  },
});
