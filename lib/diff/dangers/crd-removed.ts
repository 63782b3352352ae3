import { booleanAt, listAt, textAt } from '../../kube';
import { object } from '../case-objects';
import { danger } from '../danger';

const crd = (versions: readonly object[]) =>
  object(
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    'canaries.flagger.app',
    { spec: { group: 'flagger.app', names: { kind: 'Canary', plural: 'canaries' }, scope: 'Namespaced', versions } },
    '',
  );
const versionNamed = (name: string, served = true) => ({
  name,
  served,
  storage: name === 'v1beta1',
  schema: { openAPIV3Schema: { type: 'object' } },
});
const v1 = versionNamed('v1beta1');

export default danger({
  id: 'crd-removed',
  severity: 'error',
  since: '0.2.0',
  why: 'A CustomResourceDefinition that goes takes every object of its kind along, in all namespaces. A version that is no longer served makes every manifest and client that uses it fail.',
  cause: 'every object of the kind goes with its definition, in all namespaces',
  source: ['kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions'],
  check(diff, report) {
    for (const change of diff.of('CustomResourceDefinition')) {
      const kind = textAt(change.entry.object, 'spec', 'names', 'kind') ?? change.name;
      if (change.isDeleted) {
        report(change, {
          message: `CustomResourceDefinition "${change.name}" goes, with every ${kind} in the cluster`,
          fix: 'keep the definition; where the component is uninstalled, remove its objects in a commit before',
        });
        continue;
      }
      const served = servedVersions(change.after?.object);
      for (const version of servedVersions(change.before?.object))
        if (!served.includes(version))
          report(change, {
            pointer: '/spec/versions',
            message: `CustomResourceDefinition "${change.name}" no longer serves ${version}`,
            fix: `keep serving ${version} until no manifest and no client uses it`,
            cause: `whoever reads or applies a ${kind} of that version gets an error`,
          });
    }
  },
  cases: {
    bad: [
      {
        name: 'the definition of the canaries',
        before: [crd([v1])],
        after: [],
        expect: [
          {
            object: 'CustomResourceDefinition canaries.flagger.app',
            message: 'CustomResourceDefinition "canaries.flagger.app" goes, with every Canary in the cluster',
          },
        ],
      },
      {
        name: 'an older version is no longer served',
        before: [crd([versionNamed('v1alpha3'), v1])],
        after: [crd([versionNamed('v1alpha3', false), v1])],
        expect: [
          {
            object: 'CustomResourceDefinition canaries.flagger.app',
            message: 'CustomResourceDefinition "canaries.flagger.app" no longer serves v1alpha3',
          },
        ],
      },
    ],
    good: [{ name: 'a newer version beside it', before: [crd([v1])], after: [crd([v1, versionNamed('v1')])] }],
  },
});

function servedVersions(crd: unknown): string[] {
  return listAt(crd, 'spec', 'versions').flatMap((version) =>
    booleanAt(version, 'served') === true ? (textAt(version, 'name') ?? []) : [],
  );
}
