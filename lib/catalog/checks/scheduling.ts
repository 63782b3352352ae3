import { labelValueError, qualifiedNameError } from '../../kube';
import type { ServiceCheck } from './context';

/** Where pods may run: node selector, tolerations, spread. */
export const checkScheduling: ServiceCheck = ({ service }, report) => {
  for (const [key, value] of Object.entries(service.nodeSelector ?? {})) {
    const error = qualifiedNameError(key) ?? labelValueError(value);
    if (error)
      report({
        code: 'invalid-label',
        path: ['nodeSelector', key],
        message: `the node label ${key}: ${JSON.stringify(value)} ${error}`,
        fix: 'write the label as it is on the node',
      });
  }
  for (const [index, toleration] of (service.tolerations ?? []).entries()) {
    const { key, operator = 'Equal', value, effect, tolerationSeconds } = toleration;
    const path = ['tolerations', index];
    if (key === undefined && operator !== 'Exists')
      report({
        code: 'toleration',
        path,
        message: 'a toleration without a key needs the operator "Exists"',
        fix: 'add a key, or operator "Exists" to tolerate everything',
      });
    if (operator === 'Exists' && value !== undefined)
      report({
        code: 'toleration',
        path: [...path, 'value'],
        message: 'a toleration with operator "Exists" has no value',
        fix: 'remove the value, or use operator "Equal"',
      });
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      report({
        code: 'toleration',
        path: [...path, 'tolerationSeconds'],
        message: 'tolerationSeconds needs the effect "NoExecute"',
        fix: 'set effect "NoExecute", or remove tolerationSeconds',
      });
    const keyError = key === undefined ? undefined : qualifiedNameError(key);
    if (keyError)
      report({
        code: 'toleration',
        path: [...path, 'key'],
        message: `the key ${JSON.stringify(key)} ${keyError}`,
        fix: 'write the key of the taint',
      });
    const valueError = value === undefined ? undefined : labelValueError(value);
    if (valueError)
      report({
        code: 'toleration',
        path: [...path, 'value'],
        message: `the value ${JSON.stringify(value)} ${valueError}`,
        fix: 'write the value of the taint',
      });
  }
  const seen = new Set<string>();
  for (const [index, spread] of (service.topologySpread ?? []).entries()) {
    const path = ['topologySpread', index];
    if (!Number.isInteger(spread.maxSkew) || spread.maxSkew < 1)
      report({
        code: 'invalid-number',
        path: [...path, 'maxSkew'],
        message: `maxSkew cannot be ${spread.maxSkew}`,
        fix: 'write a whole number from 1 on',
      });
    if (
      spread.minDomains !== undefined &&
      (spread.whenUnsatisfiable !== 'DoNotSchedule' || !Number.isInteger(spread.minDomains) || spread.minDomains < 1)
    )
      report({
        code: 'topology-spread',
        path: [...path, 'minDomains'],
        message: 'minDomains is a whole number from 1 on, and needs whenUnsatisfiable "DoNotSchedule"',
        fix: 'set "DoNotSchedule", or remove minDomains',
      });
    const error = qualifiedNameError(spread.topologyKey);
    if (error)
      report({
        code: 'topology-spread',
        path: [...path, 'topologyKey'],
        message: `the topologyKey ${JSON.stringify(spread.topologyKey)} ${error}`,
        fix: 'write a node label such as "topology.kubernetes.io/zone"',
      });
    const id = `${spread.topologyKey} ${spread.whenUnsatisfiable}`;
    if (seen.has(id))
      report({
        code: 'topology-spread',
        path,
        message: `two constraints spread over "${spread.topologyKey}" with "${spread.whenUnsatisfiable}"`,
        fix: 'keep one of them',
      });
    seen.add(id);
  }
};
