import { booleanAt, textAt } from '../../kube';
import { claim, deployment, object, service } from '../case-objects';
import { danger } from '../danger';

/** Fields that the API server lets nobody change, by kind: paths as `compareObjects` writes them. */
const IMMUTABLE: Readonly<Record<string, RegExp>> = {
  Deployment: /^spec\.selector\b/,
  ReplicaSet: /^spec\.selector\b/,
  DaemonSet: /^spec\.selector\b/,
  StatefulSet:
    /^spec\.(?!(replicas|ordinals|template|updateStrategy|revisionHistoryLimit|persistentVolumeClaimRetentionPolicy|minReadySeconds)\b)/,
  Job: /^spec\.(selector|template|completionMode|backoffLimitPerIndex|podFailurePolicy)\b/,
  PersistentVolumeClaim: /^spec\.(?!(resources|volumeAttributesClassName|volumeName)\b)/,
  Service: /^spec\.(clusterIP|clusterIPs)\b/,
  RoleBinding: /^roleRef\b/,
  ClusterRoleBinding: /^roleRef\b/,
  StorageClass: /^(parameters|provisioner|reclaimPolicy|volumeBindingMode)\b/,
  PriorityClass: /^(value|preemptionPolicy)\b/,
  IngressClass: /^spec\.controller\b/,
  Secret: /^type\b/,
};

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
      const isFrozen = booleanAt(change.before.object, 'immutable') === true;
      const pattern =
        isFrozen && ['ConfigMap', 'Secret'].includes(change.kind)
          ? /^(data|binaryData|immutable)\b/
          : IMMUTABLE[change.kind];
      const field = pattern && change.fields.find(({ path }) => pattern.test(path));
      if (!field) continue;
      const forced =
        change.appliedAfter?.force === true ||
        textAt(change.after.object, 'metadata', 'annotations', 'kustomize.toolkit.fluxcd.io/force') === 'enabled';
      report(change, {
        pointer: field.pointer,
        message: `${change.kind} "${change.name}" changes ${field.path}, which cannot be changed: ${forced ? 'Flux deletes it and makes it again, and it is down meanwhile' : 'the apply is refused'}`,
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
    ],
    good: [
      { name: 'a claim that grows', before: [claim('a')], after: [claim('a', '9Gi')] },
      {
        name: 'the selector of a Service',
        before: [service('cart')],
        after: [service('cart', { selector: { app: 'cart', track: 'stable' } })],
      },
    ],
  },
});
