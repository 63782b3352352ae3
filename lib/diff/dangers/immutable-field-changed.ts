import { annotated, claim, deployment, object, service } from '../case-objects';
import { danger } from '../danger';
import { frozenField, isForced } from '../immutable';

/** What happens when Flux deletes an object and makes it again; a Job only runs anew, which is what its force is for. */
const FORCED: Readonly<Record<string, string>> = {
  Deployment: ', and it is down meanwhile',
  ReplicaSet: ', and it is down meanwhile',
  DaemonSet: ', and it is down meanwhile',
  StatefulSet: ', and it is down meanwhile',
  Service: ', and nobody can call it meanwhile',
  PersistentVolumeClaim: ', and its volume goes with it',
};

const job = (image: string) =>
  annotated(
    object('batch/v1', 'Job', 'migrate', {
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'run', image }] } } },
    }),
    { 'kustomize.toolkit.fluxcd.io/force': 'enabled' },
  );
const binding = (role: string) =>
  annotated(
    object('rbac.authorization.k8s.io/v1', 'RoleBinding', 'reader', {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role },
      subjects: [{ kind: 'ServiceAccount', name: 'cart', namespace: 'shop' }],
    }),
    { 'kustomize.toolkit.fluxcd.io/force': 'enabled' },
  );

export default danger({
  id: 'immutable-field-changed',
  severity: 'error',
  since: '0.2.0',
  why: 'Some fields of an object can never be changed. The API server refuses the apply, and Flux applies nothing of that Kustomization until the change is taken back; with `force: true` it deletes the object and makes it again, and the service is down meanwhile.',
  cause:
    'the API server refuses the change: the Kustomization fails as a whole, or with force: true deletes the object and makes it again',
  source: ['kubernetes v1.34 pkg/apis/*/validation', 'fluxcd/pkg ssa manager_apply.go (force)'],
  check(diff, report) {
    for (const change of diff.changes) {
      if (!change.before || !change.after) continue;
      const field = frozenField(change);
      if (!field) continue;
      const forced = isForced(change);
      if (forced && change.kind === 'Job') continue;
      const down = FORCED[change.kind];
      report(change, {
        pointer: field.pointer,
        ...(forced && down === undefined ? { severity: 'warning' as const } : {}),
        message: `${change.kind} "${change.name}" changes ${field.path}, which cannot be changed: ${forced ? `Flux deletes it and makes it again${down ?? ''}` : 'the apply is refused'}`,
        fix: `take the change back, or make an object of another name and remove "${change.name}" when nothing uses it`,
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'the selector of a Deployment',
        before: [deployment('cart')],
        after: [deployment('cart', {}, { selector: { matchLabels: { app: 'cart', tier: 'web' } } })],
        expect: [
          {
            object: 'Deployment shop/cart',
            message:
              'Deployment "cart" changes spec.selector.matchLabels.tier, which cannot be changed: the apply is refused',
          },
        ],
      },
      {
        name: 'a ConfigMap that says so',
        before: [object('v1', 'ConfigMap', 'app', { immutable: true, data: { a: '1' } })],
        after: [object('v1', 'ConfigMap', 'app', { immutable: true, data: { a: '2' } })],
        expect: [
          {
            object: 'ConfigMap shop/app',
            message: 'ConfigMap "app" changes data.a, which cannot be changed: the apply is refused',
          },
        ],
      },
      {
        name: 'Flux is told to force it',
        before: [binding('view')],
        after: [binding('edit')],
        expect: [
          {
            object: 'RoleBinding shop/reader',
            severity: 'warning',
            message:
              'RoleBinding "reader" changes roleRef.name, which cannot be changed: Flux deletes it and makes it again',
          },
        ],
      },
    ],
    good: [
      { name: 'a Job that is forced runs anew', before: [job('cart:v1')], after: [job('cart:v2')] },
      { name: 'a claim that grows', before: [claim('a')], after: [claim('a', '9Gi')] },
      {
        name: 'the selector of a Service',
        before: [service('cart')],
        after: [service('cart', { selector: { app: 'cart', track: 'stable' } })],
      },
    ],
  },
});
