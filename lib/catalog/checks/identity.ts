import { dnsLabelError, dnsSubdomainError, qualifiedNameError } from '../../kube';
import { MESH_FACTS, modeOf } from '../../mesh';
import type { ServiceCheck } from './context';
import { platformNamespaces } from './platform';
import { annotationsProblem } from './sizes';

/** Labels that selectors, Flagger and this project's own tools go by. */
const OWN_LABELS = new Set(['app', 'app.kubernetes.io/name', 'app.kubernetes.io/managed-by']);

/** What a service is to others: where it runs, its account, its labels, its silences. */
export const checkIdentity: ServiceCheck = ({ service, cluster }, report) => {
  if (service.name === 'waypoint' && MESH_FACTS[modeOf(cluster.platform)].isAmbient)
    report({
      code: 'reserved-name',
      path: ['name'],
      message: '"waypoint" is the name of the proxy that Istio makes in ambient mode',
      cause: 'Istio would take the Deployment and the Service of this service for its own.',
      fix: 'rename the service',
    });
  for (const key of Object.keys(service.labels ?? {})) {
    if (OWN_LABELS.has(key))
      report({
        code: 'reserved-label',
        path: ['labels', key],
        key: true,
        message: `the label "${key}" is set for every service`,
        cause: 'Selectors and tools find the objects of a service by it.',
        fix: 'remove it, or choose another key',
      });
  }
  if (service.selector === undefined && service.podLabels?.app !== undefined)
    report({
      code: 'reserved-label',
      path: ['podLabels', 'app'],
      key: true,
      message: 'the pod label "app" is the selector of every service',
      cause: 'Flagger gives it another value for the primary, and every Service and budget goes by it.',
      fix: 'remove it, or choose another key',
    });
  const { name, annotations, create } = service.serviceAccount ?? {};
  if (create === false && name === undefined && (service.access ?? []).length > 0)
    report({
      code: 'access-of-nobody',
      path: ['access'],
      message: `"${service.name}" has rights, and its pods have the account "default", which every pod of the namespace has that names none`,
      cause: 'With "create": false and no name there is no account of its own to give rights to.',
      fix: 'remove "create": false, or name the account in serviceAccount.name',
    });
  for (const [path, text] of [
    [['serviceAccount', 'name'], name],
    [['priorityClassName'], service.priorityClassName],
  ] as const) {
    const error = text === undefined ? undefined : dnsSubdomainError(text);
    if (error)
      report({
        code: 'invalid-object-name',
        path,
        message: `the name ${JSON.stringify(text)} ${error}`,
        fix: 'write the name of the object as it is in the cluster',
      });
  }
  const { namespace } = service;
  const namespaceError =
    namespace === undefined
      ? undefined
      : (dnsLabelError(namespace) ??
        (platformNamespaces(cluster.platform).includes(namespace) ? 'belongs to the platform' : undefined));
  if (namespaceError)
    report({
      code: 'invalid-name',
      path: ['namespace'],
      message: `the namespace ${JSON.stringify(namespace)} ${namespaceError}`,
      fix: 'use lower case letters, digits and "-", and a namespace that is not of the platform',
    });
  const large = annotationsProblem(annotations ?? {}, ['serviceAccount', 'annotations']);
  if (large) report(large);
  for (const key of Object.keys(annotations ?? {})) {
    const error = qualifiedNameError(key);
    if (error)
      report({
        code: 'invalid-key',
        path: ['serviceAccount', 'annotations', key],
        key: true,
        message: `the key ${JSON.stringify(key)} in serviceAccount.annotations ${error}`,
        fix: 'write a name such as "team" or "example.com/team"',
      });
  }
  const rate = service.traffic?.requestsPerSecond;
  if (rate !== undefined && rate < 0)
    report({
      code: 'invalid-number',
      path: ['traffic', 'requestsPerSecond'],
      message: `requestsPerSecond cannot be ${rate}`,
      fix: 'write a number from 0 on',
    });
  for (const [index, { code, reason }] of (service.preflight?.ignore ?? []).entries()) {
    if (reason.trim() === '')
      report({
        code: 'ignore-without-reason',
        path: ['preflight', 'ignore', index, 'reason'],
        message: `"${code}" is ignored without a reason`,
        fix: 'say why it is no problem here: the next reader must be able to judge it',
      });
  }
};
