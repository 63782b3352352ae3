import { listAt, textAt } from '../kube';
import type { Entry } from '../world';

/** Whether a RoleBinding or ClusterRoleBinding gives its role to the account of the namespace. */
export function bindsAccount({ object, namespace: own }: Entry, account: string, namespace: string): boolean {
  return listAt(object, 'subjects').some(
    (subject) => textAt(subject, 'name') === account && (textAt(subject, 'namespace') || own) === namespace,
  );
}
