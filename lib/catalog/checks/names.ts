import { dnsSubdomainError, labelValueError, qualifiedNameError, serviceNameError } from '../../kube';
import type { ResolvedService } from '../resolve';
import type { ServiceCheck, ServiceProblem } from './context';
import { annotationsProblem } from './sizes';

/** Longest name whose `-primary` and `-canary` forms are still DNS labels. */
const LONGEST_CANARIED = 55;
const MADE_BY_FLAGGER = /^(.+)-(primary|canary)$/;

/** Names and labels of a service. */
export const checkNames: ServiceCheck = ({ service, services }, report) => {
  const { name } = service;
  const error = serviceNameError(name);
  if (error) {
    report({
      code: 'invalid-name',
      path: ['name'],
      message: `the service name ${JSON.stringify(name)} ${error}`,
      cause: 'It becomes the name of a Service, which is a DNS label.',
      fix: 'use lower case letters, digits and "-", begin with a letter, at most 63 characters',
    });
  } else if (service.canary && name.length > LONGEST_CANARIED) {
    report({
      code: 'name-too-long',
      path: ['name'],
      message: `the service name "${name}" has ${name.length} characters; with a canary it may have ${LONGEST_CANARIED}`,
      cause: `Flagger makes Services "${name}-primary" and "${name}-canary", and a DNS label ends at 63 characters.`,
      fix: `shorten it by ${name.length - LONGEST_CANARIED}, or switch the canary off`,
    });
  }
  if (service.workloadName !== undefined) checkWorkloadName(service, report);
  const made = MADE_BY_FLAGGER.exec(name);
  if (made && services.get(made[1]!)?.canary) {
    report({
      code: 'reserved-name',
      path: ['name'],
      message: `"${name}" is the name of an object that Flagger makes for "${made[1]}"`,
      cause: 'Flagger would take this service for its own.',
      fix: 'rename the service',
    });
  }
  for (const field of ['labels', 'annotations', 'podLabels', 'podAnnotations'] as const) {
    const large = field.endsWith('nnotations') && annotationsProblem(service[field] ?? {}, [field]);
    if (large) report(large);
    for (const [key, value] of Object.entries(service[field] ?? {})) {
      const keyError = qualifiedNameError(key);
      const valueError = field === 'labels' || field === 'podLabels' ? labelValueError(value) : undefined;
      if (keyError) {
        report({
          code: 'invalid-key',
          path: [field, key],
          key: true,
          message: `the key ${JSON.stringify(key)} in ${field} ${keyError}`,
          fix: 'write a name such as "team" or "example.com/team"',
        });
      } else if (valueError) {
        report({
          code: 'invalid-label',
          path: [field, key],
          message: `the label ${key}: ${JSON.stringify(value)} ${valueError}`,
          fix: 'shorten it, or make it an annotation',
        });
      }
    }
  }
};

function checkWorkloadName(service: ResolvedService, report: (problem: ServiceProblem) => void): void {
  const { name, workloadName = name } = service;
  // Its own Service has that name, unless it says another one.
  const isOfService =
    (service.ports ?? []).length > 0 && service.service !== false && service.service?.name === undefined;
  const error = isOfService ? serviceNameError(workloadName) : dnsSubdomainError(workloadName);
  if (error)
    report({
      code: 'invalid-name',
      path: ['workloadName'],
      message: `the name ${JSON.stringify(workloadName)} ${error}`,
      fix: 'use lower case letters, digits and "-", begin with a letter, at most 63 characters',
    });
  for (const field of ['canary', 'expose', 'release'] as const) {
    const value = service[field];
    if (!value || value === 'plain') continue;
    report({
      code: 'invalid-name',
      path: ['workloadName'],
      message: `"${name}" has ${field} and a workloadName`,
      cause: `${field} goes by the name of the service.`,
      fix: `remove workloadName, and name the service as its objects`,
    });
  }
}
