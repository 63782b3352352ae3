import { dnsLabelError, labelValueError, qualifiedNameError } from '../../kube';
import type { Path } from '../problem';
import type { ResolvedService } from '../resolve';
import type { ServiceCheck, ServiceProblem } from './context';

type Affinity = NonNullable<ResolvedService['affinity']>;
type PodTerm = NonNullable<
  NonNullable<Affinity['podAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']
>[number];
interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}
type Report = (problem: ServiceProblem) => void;

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

/** @see k8s.io/kubernetes v1.36 pkg/apis/core/validation/validation.go, validateAffinity, ValidateNodeSelectorRequirement */
export const checkAffinity: ServiceCheck = ({ service }, report) => {
  const { nodeAffinity, podAffinity, podAntiAffinity } = service.affinity ?? {};
  if (nodeAffinity?.[REQUIRED]?.nodeSelectorTerms.length === 0)
    report({
      code: 'affinity',
      path: ['affinity', 'nodeAffinity', REQUIRED, 'nodeSelectorTerms'],
      message: 'nodeSelectorTerms is empty',
      fix: 'add a term, or remove the requirement',
    });
  for (const [index, term] of (nodeAffinity?.[REQUIRED]?.nodeSelectorTerms ?? []).entries())
    expressions(
      term.matchExpressions,
      ['affinity', 'nodeAffinity', REQUIRED, 'nodeSelectorTerms', index, 'matchExpressions'],
      report,
    );
  for (const [index, { weight, preference }] of (nodeAffinity?.[PREFERRED] ?? []).entries()) {
    const path = ['affinity', 'nodeAffinity', PREFERRED, index];
    checkWeight(weight, path, report);
    expressions(preference.matchExpressions, [...path, 'preference', 'matchExpressions'], report);
  }
  for (const [kind, affinity] of Object.entries({ podAffinity, podAntiAffinity })) {
    for (const [index, term] of (affinity?.[REQUIRED] ?? []).entries())
      checkPodTerm(term, ['affinity', kind, REQUIRED, index], report);
    for (const [index, { weight, podAffinityTerm }] of (affinity?.[PREFERRED] ?? []).entries()) {
      const path = ['affinity', kind, PREFERRED, index];
      checkWeight(weight, path, report);
      checkPodTerm(podAffinityTerm, [...path, 'podAffinityTerm'], report);
    }
  }
};

function checkWeight(weight: number, path: Path, report: Report): void {
  if (Number.isInteger(weight) && weight >= 1 && weight <= 100) return;
  report({
    code: 'invalid-number',
    path: [...path, 'weight'],
    message: `weight cannot be ${weight}`,
    fix: 'write a whole number from 1 to 100',
  });
}

function checkPodTerm({ labelSelector, topologyKey, namespaces }: PodTerm, path: Path, report: Report): void {
  for (const [index, namespace] of (namespaces ?? []).entries()) {
    const error = dnsLabelError(namespace);
    if (error)
      report({
        code: 'affinity',
        path: [...path, 'namespaces', index],
        message: `the namespace ${JSON.stringify(namespace)} ${error}`,
        fix: 'write the name of a namespace',
      });
  }
  checkKey(topologyKey, [...path, 'topologyKey'], report);
  for (const [key, value] of Object.entries(labelSelector?.matchLabels ?? {})) {
    const at = [...path, 'labelSelector', 'matchLabels', key];
    checkKey(key, at, report);
    checkValue(value, at, report);
  }
  expressions(labelSelector?.matchExpressions, [...path, 'labelSelector', 'matchExpressions'], report);
}

function expressions(list: readonly Expression[] | undefined, path: Path, report: Report): void {
  for (const [index, { key, operator, values = [] }] of (list ?? []).entries()) {
    const at = [...path, index];
    checkKey(key, [...at, 'key'], report);
    const isNumber = operator === 'Gt' || operator === 'Lt';
    const fits =
      operator === 'Exists' || operator === 'DoesNotExist'
        ? values.length === 0
        : isNumber
          ? values.length === 1 && /^-?\d+$/.test(values[0]!)
          : values.length > 0;
    if (!fits)
      report({
        code: 'affinity',
        path: at,
        message: `the operator "${operator}" takes ${isNumber ? 'one whole number' : values.length === 0 ? 'values, and has none' : 'no values'}`,
        fix: isNumber ? 'write one whole number, in quotes' : values.length === 0 ? 'list values' : 'remove the values',
      });
    if (!isNumber) for (const [value, text] of values.entries()) checkValue(text, [...at, 'values', value], report);
  }
}

function checkKey(key: string, path: Path, report: Report): void {
  const error = qualifiedNameError(key);
  if (error)
    report({
      code: 'invalid-key',
      path,
      message: `the label key ${JSON.stringify(key)} ${error}`,
      fix: 'write the key as it is on the node or pod, such as "topology.kubernetes.io/zone"',
    });
}

function checkValue(value: string, path: Path, report: Report): void {
  const error = labelValueError(value);
  if (error)
    report({
      code: 'invalid-label',
      path,
      message: `the label value ${JSON.stringify(value)} ${error}`,
      fix: 'write the value as it is on the node or pod',
    });
}
