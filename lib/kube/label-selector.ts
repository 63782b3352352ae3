import { fieldsAt, isFields, listAt, textAt, textsAt } from './fields';

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

/** The value as a selector: an empty one where it is none, and without the parts that are none (the API server refuses those). */
export function labelSelectorOf(value: unknown): LabelSelector {
  const found = fieldsAt(value);
  // Values that are no texts stay, and equal no label.
  const matchLabels = fieldsAt(found, 'matchLabels') as LabelSelector['matchLabels'];
  const { matchExpressions } = found;
  if (matchExpressions === undefined) return { matchLabels };
  return {
    matchLabels,
    matchExpressions: listAt(matchExpressions)
      .filter(isFields)
      .map((item) => ({
        key: textAt(item, 'key') ?? '',
        operator: textAt(item, 'operator') ?? '',
        values: textsAt(item, 'values'),
      })),
  };
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
  const { matchLabels, matchExpressions } = selector;
  // Most selectors are of labels alone, and most are asked of labels that do not match.
  for (const key in matchLabels) if (!has(labels, key) || labels[key] !== matchLabels[key]) return false;
  if (!matchExpressions) return true;
  return matchExpressions.every(({ key, operator, values }) => {
    const isIn = has(labels, key) && (values ?? []).includes(labels[key] ?? '');
    switch (operator) {
      case 'In':
        return isIn;
      case 'NotIn':
        return !isIn;
      case 'Exists':
        return has(labels, key);
      case 'DoesNotExist':
        return !has(labels, key);
      default:
        return false;
    }
  });
}

type Labels = Readonly<Record<string, string>>;

function has(labels: Labels | null | undefined, key: string): labels is Labels {
  return !!labels && Object.hasOwn(labels, key);
}
