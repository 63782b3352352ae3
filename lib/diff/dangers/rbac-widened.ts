import { textAt } from '../../kube';
import { listed, permissionsOf } from '../ask';
import { object } from '../case-objects';
import { danger } from '../danger';

const role = (verbs: readonly string[], resources: readonly string[] = ['pods']) =>
  object('rbac.authorization.k8s.io/v1', 'Role', 'cart', { rules: [{ apiGroups: [''], resources, verbs }] });
const binding = (name: string) =>
  object(
    'rbac.authorization.k8s.io/v1',
    'ClusterRoleBinding',
    'ops',
    { roleRef: { kind: 'ClusterRole', name }, subjects: [{ kind: 'ServiceAccount', name: 'ops', namespace: 'shop' }] },
    '',
  );

/** Permissions by which one gets all others. */
const POWERFUL =
  /^(\*|escalate|bind|impersonate) |^(get|list|watch|create|update|patch) (secrets|\*)$|^create (pods|pods\/exec|serviceaccounts\/token)$|\*$/;

export default danger({
  id: 'rbac-widened',
  severity: 'warning',
  since: '0.2.0',
  why: 'A Role that gets more rights gives them at once to all accounts that it is bound to. Some rights (secrets, pods, impersonate, escalate, bind, wildcards) lead to all others.',
  cause: 'whoever has the account has these rights from now on',
  source: ['kubernetes.io/docs/concepts/security/rbac-good-practices (privilege escalation risks)'],
  check(diff, report) {
    for (const change of diff.of('Role', 'ClusterRole')) {
      if (!change.after) continue;
      const had = permissionsOf(change.before);
      const more = [...permissionsOf(change.after)].filter((line) => !had.has(line) && POWERFUL.test(line)).sort();
      if (more.length === 0) continue;
      report(change, {
        pointer: '/rules',
        message: `${change.kind} "${change.name}" may now ${listed(more)}`,
        fix: 'name the resources and verbs that are needed, and with `resourceNames` the objects',
      });
    }
    for (const change of diff.of('RoleBinding', 'ClusterRoleBinding')) {
      const role = textAt(change.after?.object, 'roleRef', 'name');
      if (role !== 'cluster-admin' || textAt(change.before?.object, 'roleRef', 'name') === role) continue;
      report(change, {
        pointer: '/roleRef',
        message: `${change.kind} "${change.name}" gives cluster-admin`,
        severity: 'error',
        fix: 'bind a role with the rights that are needed',
        cause: 'cluster-admin may do everything, in every namespace',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'secrets, and all verbs',
        before: [role(['get'])],
        after: [role(['get', '*'], ['pods', 'secrets'])],
        expect: [{ object: 'Role shop/cart', message: 'Role "cart" may now * pods, * secrets, get secrets' }],
      },
      {
        name: 'cluster-admin',
        before: [binding('view')],
        after: [binding('cluster-admin')],
        expect: [
          {
            object: 'ClusterRoleBinding ops',
            message: 'ClusterRoleBinding "ops" gives cluster-admin',
            severity: 'error',
          },
        ],
      },
    ],
    good: [{ name: 'one verb more', before: [role(['get'])], after: [role(['get', 'list'])] }],
  },
});
