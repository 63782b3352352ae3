import { listAt, textAt, textsAt } from '../../kube';
import type { Entry, World } from '../../world';
import { canary, deployment, fluxKustomization } from '../case-manifests';
import { bindsAccount } from '../role-bindings';
import { rule } from '../rule';

const RBAC = 'rbac.authorization.k8s.io';
const tenant = (role: string) => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'RoleBinding',
  metadata: { name: 'tenant', namespace: 'shop' },
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
  subjects: [{ kind: 'ServiceAccount', name: 'tenant', namespace: 'flux-system' }],
});
const aggregated = {
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRole',
  metadata: { name: 'flagger-edit', labels: { [`${RBAC}/aggregate-to-edit`]: 'true' } },
  rules: [{ apiGroups: ['flagger.app'], resources: ['canaries'], verbs: ['*'] }],
};
const applied = { 'apps/cart.yaml': [deployment('cart'), canary('cart')] };
const apps = fluxKustomization('apps', { serviceAccountName: 'tenant' });

export default rule({
  id: 'flux-account-rights',
  severity: 'error',
  effect: 'rejected',
  since: '0.3.0',
  why: "A Kustomization with a serviceAccountName applies with the rights of that account. Kubernetes' own roles edit and admin know nothing of Flagger: its chart adds no rules to them. The API server refuses the Canary (canaries.flagger.app is forbidden), and Flux then applies nothing of the folder.",
  cause: 'the roles edit and admin of Kubernetes do not cover the kinds of Flagger',
  source: [
    'fluxcd/kustomize-controller v1.9 docs/spec/v1/kustomizations.md (Role-based access control)',
    'fluxcd/flagger v1.44 charts/flagger/templates/rbac.yaml (no aggregated roles)',
    'kubernetes.io/docs/reference/access-authn-authz/rbac (user-facing roles)',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    const seen = new Set<Entry>();
    for (const canary of world.canaries()) {
      const kustomization = world.kustomizationOf(canary.entry);
      const account = textAt(kustomization?.spec, 'serviceAccountName');
      if (!kustomization || account === undefined || seen.has(kustomization.entry)) continue;
      seen.add(kustomization.entry);
      const roles = rolesOf(world, account, kustomization.namespace, canary.namespace);
      if (roles.length === 0 || !roles.every((name) => isWithoutFlagger(world, name))) continue;
      report(kustomization, {
        about: canary,
        pointer: '/spec/serviceAccountName',
        message: `Kustomization "${kustomization.name}" applies Canary "${canary.name}" as ServiceAccount "${account}", which has the role${roles.length === 1 ? '' : 's'} ${roles.join(', ')}: none of them allows canaries.flagger.app`,
        fix: `add a ClusterRole with rules for canaries, metrictemplates and alertproviders of flagger.app and the label ${RBAC}/aggregate-to-edit: "true" (and to-admin), or bind the account to it in namespace "${canary.namespace}"`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a tenant with the role edit',
        manifests: [apps, tenant('edit')],
        files: applied,
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            pointer: '/spec/serviceAccountName',
            message:
              'Kustomization "apps" applies Canary "cart" as ServiceAccount "tenant", which has the role edit: none of them allows canaries.flagger.app',
          },
        ],
      },
    ],
    good: [
      { name: 'a role that is added to edit', manifests: [apps, tenant('edit'), aggregated], files: applied },
      { name: 'all rights', manifests: [apps, tenant('cluster-admin')], files: applied },
      { name: 'the account is bound by something that is not here', manifests: [apps], files: applied },
    ],
  }),
});

/** ClusterRoles that the account has in the namespace, as far as the manifests bind it. */
function rolesOf(world: World, account: string, from: string, namespace: string): string[] {
  const found = new Set<string>();
  for (const kind of ['ClusterRoleBinding', 'RoleBinding'])
    for (const entry of world.writtenOfKind(kind)) {
      if (kind === 'RoleBinding' && entry.namespace !== namespace) continue;
      if (bindsAccount(entry, account, from)) found.add(`${textAt(entry.object, 'roleRef', 'name')}`);
    }
  return [...found].sort();
}

const userFacing: ReadonlySet<string> = new Set(['view', 'edit', 'admin']);

/** One of Kubernetes' own roles to which nothing here adds rules for Flagger. A role that is here says itself what it allows. */
function isWithoutFlagger(world: World, name: string): boolean {
  const roles = world.writtenOfKind('ClusterRole');
  const own = roles.find((entry) => entry.name === name);
  if (own) return !coversFlagger(own);
  if (!userFacing.has(name)) return false;
  return !roles.some(
    (entry) =>
      coversFlagger(entry) &&
      Object.entries(entry.labels).some(([label, value]) => label.includes('aggregate-to-') && value === 'true'),
  );
}

function coversFlagger({ object }: Entry): boolean {
  return listAt(object, 'rules').some((rule) =>
    textsAt(rule, 'apiGroups').some((group) => group === '*' || group === 'flagger.app'),
  );
}
