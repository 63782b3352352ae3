import { at, textsAt } from './fields';

/**
 * The directions that a NetworkPolicy isolates: `policyTypes`; Ingress, and Egress where it has rules, when absent.
 * @see kubernetes v1.34 staging/src/k8s.io/api/networking/v1/types.go NetworkPolicySpec
 */
export function isolatedDirections(policy: unknown): readonly string[] {
  const written = textsAt(policy, 'spec', 'policyTypes');
  if (written.length > 0) return written;
  return at(policy, 'spec', 'egress') === undefined ? ['Ingress'] : ['Ingress', 'Egress'];
}
