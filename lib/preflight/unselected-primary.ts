import { at, isolatedDirections, labelSelectorOf } from '../kube';
import type { CanaryView, Entry, SelectingKind, World } from '../world';
import type { ReportFinding } from './rule';

/** Reports objects that select the pods of the Canary's target and not those of its primary, which has the users. */
export function reportUnselectedPrimary(
  canary: CanaryView,
  report: ReportFinding,
  world: World,
  kinds: readonly SelectingKind[],
): void {
  const { target, primaryPodLabels, selectorLabel } = canary;
  if (!target || !primaryPodLabels) return;
  const primary = `${target.name}-primary`;
  const { key, value } = selectorLabel ?? { key: 'app', value: target.name };
  for (const kind of kinds) {
    const ofTarget = world.selecting(kind, target);
    if (ofTarget.length === 0) continue;
    const ofPrimary = world.selecting(kind, { namespace: target.namespace, podLabels: primaryPodLabels });
    // A second one for the primary alone is the other good way.
    if (ofPrimary.some((policy) => !ofTarget.includes(policy))) continue;
    for (const policy of ofTarget) {
      if (ofPrimary.includes(policy) || isIsolatedAnyway(policy, ofPrimary)) continue;
      report(policy, {
        about: canary,
        pointer: '/spec',
        message: `${kind} "${policy.name}" selects the pods of "${target.name}", and not those of "${primary}", which have the users of Canary "${canary.name}"`,
        fix: hasExpressions.has(kind)
          ? `select both (matchExpressions: key ${key}, operator In, values [${value}, ${value}-primary]), or add a second ${kind} for "${primary}"`
          : `add a second ${kind} that selects ${key}: ${value}-primary, or select both by a label that they share`,
      });
    }
  }
}

/** Kinds with a selector of Kubernetes: those of Istio know labels alone. @see istio/api type/v1beta1/selector.proto */
const hasExpressions: ReadonlySet<SelectingKind> = new Set<SelectingKind>(['NetworkPolicy', 'PodDisruptionBudget']);

/** Whether NetworkPolicies that name the primary's pods isolate it as this one isolates the target: what they cut has rules of its own. */
function isIsolatedAnyway(policy: Entry, ofPrimary: readonly Entry[]): boolean {
  if (policy.kind !== 'NetworkPolicy') return false;
  const named = ofPrimary.filter(({ object }) => {
    const { matchLabels = {}, matchExpressions = [] } = labelSelectorOf(at(object, 'spec', 'podSelector'));
    return Object.keys(matchLabels).length + matchExpressions.length > 0;
  });
  return isolatedDirections(policy.object).every((direction) =>
    named.some(({ object }) => isolatedDirections(object).includes(direction)),
  );
}
