import { defaults } from '../../flagger';
import { dnsLabelError, labelValueError, qualifiedNameError } from '../../kube';
import type { ServiceCheck } from './context';

/** How the pods are found: the selector, the own Service, further ones. */
export const checkOwnServices: ServiceCheck = ({ service }, report) => {
  const { name, selector, canary, ports = [] } = service;
  if (selector !== undefined) {
    if (Object.keys(selector).length === 0)
      report({
        code: 'invalid-label',
        path: ['selector'],
        message: `the selector of "${name}" has no labels`,
        fix: 'write the labels by which the workload finds its pods, or remove it',
      });
    for (const [key, value] of Object.entries(selector)) {
      const error = qualifiedNameError(key) ?? labelValueError(value);
      if (error)
        report({
          code: 'invalid-label',
          path: ['selector', key],
          message: `the label ${key}: ${JSON.stringify(value)} of the selector ${error}`,
          fix: 'write the labels as they are in the cluster',
        });
      const own = service.podLabels?.[key];
      if (own !== undefined && own !== value)
        report({
          code: 'reserved-label',
          path: ['podLabels', key],
          message: `podLabels gives "${key}" the value ${JSON.stringify(own)}, the selector ${JSON.stringify(value)}`,
          cause: 'Kubernetes refuses a workload whose pods it does not find.',
          fix: `remove "${key}" from podLabels`,
          edits: [{ path: ['podLabels', key], remove: true }],
        });
    }
    if (canary && !defaults.selectorLabels.some((label) => selector[label] !== undefined))
      report({
        code: 'selector-without-flagger-label',
        path: ['selector'],
        message: `the selector of "${name}" has none of the labels ${defaults.selectorLabels.join(', ')}`,
        cause: 'Flagger tells the primary from the canary by one of them, and refuses the Canary otherwise.',
        fix: `make the workload anew with one of them (a selector cannot be changed, so its pods stop meanwhile), or set canary to false`,
      });
  }
  const own = service.service ?? {};
  const strange = own === false ? [] : (['name', 'selector'] as const).find((field) => own[field] !== undefined);
  if (canary && strange !== undefined)
    report({
      code: 'canary-service-name',
      path: ['service', ...(typeof strange === 'string' ? [strange] : [])],
      message: `"${name}" has a canary and ${own === false ? 'no Service' : `a Service of another ${strange as string}`}`,
      cause: 'Flagger routes by the Service that has the name of the workload, and sets its selector.',
      fix: 'remove it, or set canary to false',
    });
  const first = ports[0];
  if (canary && first?.transport !== undefined && first.transport !== 'TCP')
    report({
      code: 'canary-needs-tcp',
      path: ['ports', 0, 'transport'],
      message: `"${name}" has a canary, and its first port is ${first.transport}`,
      cause: 'No mesh and no ingress weighs it.',
      fix: 'put a TCP port first, or set canary to false',
    });
  const taken = new Set([(service.service || undefined)?.name ?? name]);
  for (const [index, further] of (service.services ?? []).entries()) {
    const path = ['services', index];
    const error = dnsLabelError(further.name);
    if (error || taken.has(further.name))
      report({
        code: 'invalid-object-name',
        path: [...path, 'name'],
        message: `the name ${JSON.stringify(further.name)} of a further Service ${error ?? 'is taken'}`,
        fix: 'give each Service its own name, a DNS label',
      });
    taken.add(further.name);
    const count = further.ports?.length ?? 0;
    if (count === 0 && further.type !== 'ExternalName' && further.clusterIP !== 'None')
      report({
        code: 'no-port',
        path,
        message: `the Service "${further.name}" has no port`,
        fix: 'add ports, or set clusterIP to "None"',
      });
    if (count > 1)
      for (const [position, port] of (further.ports ?? []).entries())
        if (port.name === undefined)
          report({
            code: 'invalid-port-name',
            path: [...path, 'ports', position],
            message: `a port of the Service "${further.name}" has no name`,
            cause: 'Kubernetes wants one where there are several ports.',
            fix: 'give each port a name',
          });
  }
};
