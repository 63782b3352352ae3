export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** As in `spec.selector` of a Deployment or a policy's podSelector. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}

/**
 * Whether the labels satisfy the selector. An empty selector matches everything, an absent one nothing; `NotIn` and
 * `DoesNotExist` match where the key is absent. An unknown operator matches nothing (the API server refuses it).
 * @see k8s.io/apimachinery v0.34 pkg/apis/meta/v1/helpers.go, LabelSelectorAsSelector; pkg/labels/selector.go, Requirement.Matches
 */
export function matchesLabels(
  selector: LabelSelector | null | undefined,
  labels: Readonly<Record<string, string>> | null | undefined,
): boolean {
  if (!selector) return false;
  const has = (key: string) => !!labels && Object.hasOwn(labels, key);
  const matchLabels = selector.matchLabels ?? {};
  for (const key of Object.keys(matchLabels)) {
    if (!has(key) || labels?.[key] !== matchLabels[key]) return false;
  }
  return (selector.matchExpressions ?? []).every(({ key, operator, values }) => {
    const isIn = has(key) && (values ?? []).includes(labels?.[key] ?? '');
    switch (operator) {
      case 'In':
        return isIn;
      case 'NotIn':
        return !isIn;
      case 'Exists':
        return has(key);
      case 'DoesNotExist':
        return !has(key);
      default:
        return false;
    }
  });
}
