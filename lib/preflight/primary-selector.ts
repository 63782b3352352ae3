import { type LabelSelector, matchesLabels } from '../kube';
import type { CanaryView } from '../world';

/**
 * A selector of the target's pods as it stands in the primary: Flagger puts -primary behind the value of the selector label
 * where that is the Deployment's name, and changes nothing else.
 * @see fluxcd/flagger v1.44 pkg/canary/deployment_controller.go (appendPrimarySuffixToValuesIfNeeded)
 */
export function selectorInPrimary(selector: LabelSelector, { selectorLabel, targetRef }: CanaryView): LabelSelector {
  const rewritten = (key: string, value: string) =>
    key === selectorLabel?.key && value === targetRef.name ? `${value}-primary` : value;
  return {
    ...selector,
    ...(selector.matchLabels && {
      matchLabels: Object.fromEntries(
        Object.entries(selector.matchLabels).map(([key, value]) => [key, rewritten(key, value)]),
      ),
    }),
    ...(selector.matchExpressions && {
      matchExpressions: selector.matchExpressions.map((expression) => ({
        ...expression,
        ...(expression.values && { values: expression.values.map((value) => rewritten(expression.key, value)) }),
      })),
    }),
  };
}

/** Whether a selector of the target's own pods, copied into the primary, selects none of the primary's. */
export function missesPrimary(selector: LabelSelector, canary: CanaryView): boolean {
  const { target, primaryPodLabels } = canary;
  return (
    target !== undefined &&
    primaryPodLabels !== undefined &&
    matchesLabels(selector, target.podLabels) &&
    !matchesLabels(selectorInPrimary(selector, canary), primaryPodLabels)
  );
}
