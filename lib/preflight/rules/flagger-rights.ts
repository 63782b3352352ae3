import { providerOf } from '../../flagger';
import { apiGroup, at, isFields, listAt, textAt, textsAt } from '../../kube';
import type { Entry, World } from '../../world';
import { canary, deployment } from '../case-manifests';
import { isFlaggerOlder } from '../flagger-version';
import { rule } from '../rule';

interface Right {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
}

const RBAC = 'rbac.authorization.k8s.io';
const flagger = deployment('flagger', {
  metadata: { namespace: 'flagger-system' },
  pod: { serviceAccountName: 'flagger' },
  container: { image: 'ghcr.io/fluxcd/flagger:1.44.0', args: ['-mesh-provider=kubernetes'] },
});
const role = (rules: readonly object[]) => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRole',
  metadata: { name: 'flagger' },
  rules,
});
const binding = (namespace: string) => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name: 'flagger' },
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'flagger' },
  subjects: [{ kind: 'ServiceAccount', name: 'flagger', namespace }],
});
const all = role([{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]);
const target = [deployment('cart'), canary('cart')];

export default rule({
  id: 'flagger-rights',
  severity: 'error',
  effect: 'stuck',
  since: '0.3.0',
  why: 'Flagger works with the rights of its ServiceAccount. Bound to an account of another namespace (an overlay that changes the namespace of the Deployment and not of the subjects), or with a role that only reads, it ends at once with "Canary CRD is not registered … is forbidden", or every Canary stays Initializing with "… create error: … is forbidden".',
  cause: 'Flagger has the rights of its ServiceAccount and no others',
  source: [
    'fluxcd/flagger v1.44 charts/flagger/templates/rbac.yaml, cmd/flagger/main.go (verifyCRDs)',
    'fluxcd/flagger issues 644 and 1626',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    const { entry } = world.flagger;
    // Whoever applies a file without a namespace says where it goes.
    if (entry?.kind !== 'Deployment' || entry.isNamespaceAssumed) return;
    // Several installations in one folder (an overlay for every mesh): which binding goes with which is not known.
    const installations = world
      .writtenOfKind('Deployment')
      .filter(({ name, namespace }) => name === entry.name && namespace !== entry.namespace);
    if (installations.length > 0) return;
    const account = textAt(entry.object, 'spec', 'template', 'spec', 'serviceAccountName') || 'default';
    const bindings = world.writtenOfKind('ClusterRoleBinding');
    const named = bindings.filter(({ object }) => subjectsOf(object).some(({ name }) => name === account));
    const own = named.filter(({ object }) =>
      subjectsOf(object).some(({ name, namespace }) => name === account && namespace === entry.namespace),
    );
    const [elsewhere] = named;
    if (own.length === 0) {
      if (!elsewhere || account === 'default') return;
      const bound = subjectsOf(elsewhere.object).find(({ name }) => name === account)!;
      report(elsewhere, {
        pointer: `/subjects/${bound.index}/namespace`,
        message: `ClusterRoleBinding "${elsewhere.name}" gives its rights to ServiceAccount "${account}" of namespace "${bound.namespace}", and Flagger runs in "${entry.namespace}": it has none`,
        edits: [{ value: entry.namespace }],
        fix: `write namespace: ${entry.namespace} for the subject`,
      });
      return;
    }
    const roles = own.map(({ object }) => world.given('ClusterRole', '', textAt(object, 'roleRef', 'name') ?? ''));
    // A role that is not here, such as cluster-admin, may say anything; rules of an aggregated one come from others.
    if (roles.some((one) => !one || at(one.object, 'aggregationRule') !== undefined)) return;
    const missing = neededRights(world).filter((right) => !roles.some((one) => one && allows(one, right)));
    const [first] = missing;
    if (!first || !roles[0]) return;
    report(roles[0], {
      pointer: '/rules',
      message: `ClusterRole "${roles[0].name}" does not let Flagger ${first.verb} ${first.resource}${first.group ? ` of ${first.group}` : ''}${missing.length > 1 ? `, and ${missing.length - 1} more that it needs` : ''}`,
      fix: `add rules for ${[...new Set(missing.map(({ group, resource }) => (group ? `${resource}.${group}` : resource)))].join(', ')} (verbs get, list, watch, create, update, patch, delete), as Flagger's chart has them`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'bound in another namespace',
        manifests: [flagger, all, binding('istio-system'), ...target],
        expect: [
          {
            object: 'ClusterRoleBinding flagger',
            pointer: '/subjects/0/namespace',
            message:
              'ClusterRoleBinding "flagger" gives its rights to ServiceAccount "flagger" of namespace "istio-system", and Flagger runs in "flagger-system": it has none',
          },
        ],
      },
      {
        name: 'a role that reads',
        manifests: [
          flagger,
          role([{ apiGroups: ['flagger.app', 'apps', ''], resources: ['*'], verbs: ['get', 'list', 'watch'] }]),
          binding('flagger-system'),
          ...target,
        ],
        expect: [
          {
            object: 'ClusterRole flagger',
            pointer: '/rules',
            message:
              'ClusterRole "flagger" does not let Flagger update canaries/status of flagger.app, and 5 more that it needs',
          },
        ],
      },
    ],
    good: [
      {
        name: 'an old Flagger, which knows no templates',
        manifests: [
          deployment('flagger', {
            metadata: { namespace: 'flagger-system' },
            pod: { serviceAccountName: 'flagger' },
            container: { image: 'weaveworks/flagger:0.21.0', args: ['-mesh-provider=kubernetes'] },
          }),
          role([
            { apiGroups: ['flagger.app'], resources: ['canaries', 'canaries/status'], verbs: ['*'] },
            { apiGroups: ['apps', ''], resources: ['deployments', 'services', 'events'], verbs: ['*'] },
          ]),
          binding('flagger-system'),
          ...target,
        ],
      },
      {
        name: 'an old Flagger, which writes objects of an old group of Traefik',
        manifests: [
          deployment('flagger', {
            metadata: { namespace: 'flagger-system' },
            pod: { serviceAccountName: 'flagger' },
            container: { image: 'ghcr.io/fluxcd/flagger:1.22.2', args: ['-mesh-provider=traefik'] },
          }),
          role([
            { apiGroups: ['flagger.app', 'apps', ''], resources: ['*'], verbs: ['*'] },
            { apiGroups: ['traefik.containo.us'], resources: ['traefikservices'], verbs: ['*'] },
          ]),
          binding('flagger-system'),
          ...target,
        ],
      },
      { name: 'all rights', manifests: [flagger, all, binding('flagger-system'), ...target] },
      {
        name: 'an overlay for every mesh',
        manifests: [
          flagger,
          deployment('flagger', {
            metadata: { namespace: 'istio-system' },
            pod: { serviceAccountName: 'flagger' },
            container: { image: 'ghcr.io/fluxcd/flagger:1.44.0' },
          }),
          all,
          binding('istio-system'),
          ...target,
        ],
      },
      { name: 'a role that is not here', manifests: [flagger, binding('flagger-system'), ...target] },
    ],
  }),
});

function subjectsOf(
  object: Entry['object'],
): { readonly name: string; readonly namespace: string; readonly index: number }[] {
  return listAt(object, 'subjects').flatMap((subject, index) =>
    isFields(subject) && textAt(subject, 'kind') === 'ServiceAccount'
      ? [{ name: textAt(subject, 'name') ?? '', namespace: textAt(subject, 'namespace') ?? '', index }]
      : [],
  );
}

/** What Flagger does for the Canaries that are here. */
function neededRights(world: World): Right[] {
  const rights: Right[] = [
    { group: 'flagger.app', resource: 'canaries', verb: 'list' },
    { group: 'flagger.app', resource: 'canaries/status', verb: 'update' },
    // Both kinds came with 1.0.
    ...['metrictemplates', 'alertproviders'].flatMap((resource) =>
      isFlaggerOlder(world, '1.0') ? [] : [{ group: 'flagger.app', resource, verb: 'list' }],
    ),
    { group: 'apps', resource: 'deployments', verb: 'create' },
    { group: 'apps', resource: 'deployments', verb: 'update' },
    { group: '', resource: 'services', verb: 'create' },
    { group: '', resource: 'services', verb: 'update' },
    { group: '', resource: 'events', verb: 'create' },
  ];
  // Routes of an old one are of groups that are gone.
  if (isFlaggerOlder(world, '1.20')) return rights;
  for (const canary of world.canaries().filter(({ provider }) => provider.certainty !== 'assumed'))
    for (const { kind, apiVersion } of providerOf(canary.provider.value).routes)
      for (const verb of ['create', 'update']) {
        const group = apiGroup(apiVersion(canary.provider.value));
        const right = { group: groupThen(world, group), resource: plural(kind), verb };
        if (!rights.some((one) => one.resource === right.resource && one.verb === verb)) rights.push(right);
      }
  return rights;
}

/** The group of an object as an older Flagger writes it. @see fluxcd/flagger CHANGELOG.md (1.42.0) */
const groupThen = (world: World, group: string): string =>
  group === 'traefik.io' && isFlaggerOlder(world, '1.42') ? 'traefik.containo.us' : group;

function plural(kind: string): string {
  const name = kind.toLowerCase();
  return name.endsWith('y') ? `${name.slice(0, -1)}ies` : /(s|x|ch)$/.test(name) ? `${name}es` : `${name}s`;
}

function allows({ object }: Entry, { group, resource, verb }: Right): boolean {
  return listAt(object, 'rules').some(
    (rule) =>
      includes(textsAt(rule, 'apiGroups'), group) &&
      includes(textsAt(rule, 'resources'), resource) &&
      includes(textsAt(rule, 'verbs'), verb),
  );
}

const includes = (list: readonly string[], value: string): boolean => list.includes('*') || list.includes(value);
