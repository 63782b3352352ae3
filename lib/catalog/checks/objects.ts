import { configKeyError, dnsSubdomainError } from '../../kube';
import { madeBeside, madeObjects, objectId } from '../objects';
import type { ServiceCheck } from './context';

const LISTS = ['configMaps', 'claims', 'access', 'monitors', 'ingresses', 'httpRoutes'] as const;

/** Objects that a service lists: names, twice, and what does not go together. */
export const checkObjects: ServiceCheck = ({ service }, report) => {
  if (LISTS.every((field) => service[field] === undefined)) return;
  const beside = madeBeside(service).map((object) => ({ ...object, namespace: undefined }));
  const names = new Set(beside.map(objectId));
  const made = madeObjects(service).map((object) => objectId({ ...object, namespace: undefined }));
  // What follows from fields of their own has findings of its own.
  const seen = new Set(made.filter((id) => !names.has(id)));
  for (const object of beside) {
    const error = dnsSubdomainError(object.name);
    if (error && object.name !== service.name)
      report({
        code: 'invalid-object-name',
        path: object.path,
        message: `the name ${JSON.stringify(object.name)} ${error}`,
        fix: 'use lower case letters, digits, "-" and "."',
      });
    if (seen.has(objectId(object)))
      report({
        code: 'duplicate-object-name',
        path: object.path,
        message: `"${service.name}" makes the ${object.kind} "${object.name}" twice`,
        cause: 'In a namespace an object is named by its kind and name.',
        fix: 'give each its own name, or make one of them',
      });
    seen.add(objectId(object));
  }
  for (const [index, { data = {}, binaryData = {} }] of (service.configMaps ?? []).entries()) {
    let bytes = 0;
    for (const [field, values] of Object.entries({ data, binaryData }))
      for (const [key, value] of Object.entries(values)) {
        const error =
          configKeyError(key) ??
          (field === 'binaryData' && Object.hasOwn(data, key) ? 'stands in data too' : undefined);
        if (error)
          report({
            code: 'invalid-config-key',
            path: ['configMaps', index, field, key],
            key: true,
            message: `the key ${JSON.stringify(key)} ${error}`,
            fix: 'use letters, digits, "-", "_" and ".", and each key once',
          });
        bytes += key.length + (field === 'data' ? Buffer.byteLength(value) : (value.length * 3) / 4);
      }
    if (bytes > 1_048_576)
      report({
        code: 'config-too-large',
        path: ['configMaps', index],
        message: `the ConfigMap has ${Math.round(bytes)} bytes; it may have 1048576`,
        fix: 'put large files into the image or a volume',
      });
  }
  for (const [index, access] of (service.access ?? []).entries()) {
    const said = (['rules', 'role', 'clusterRole'] as const).filter((field) => access[field] !== undefined);
    if (said.length !== 1 || (access.isClusterWide && access.role !== undefined))
      report({
        code: 'access',
        path: ['access', index],
        message:
          said.length === 1
            ? 'a binding of the cluster names a role of a namespace'
            : `access has ${said.length === 0 ? 'none of rules, role and clusterRole' : said.join(' and ')}`,
        fix: 'write exactly one of rules, role and clusterRole; with isClusterWide rules or clusterRole',
      });
    for (const [at, { resources, apiGroups, nonResourceURLs, verbs }] of (access.rules ?? []).entries())
      if (
        verbs.length === 0 ||
        (resources === undefined) === (nonResourceURLs === undefined) ||
        (resources !== undefined && apiGroups === undefined)
      )
        report({
          code: 'access',
          path: ['access', index, 'rules', at],
          message: 'a rule needs verbs, and either resources with apiGroups or nonResourceURLs',
          cause: 'The API server refuses the role.',
          fix: 'write for instance { "apiGroups": [""], "resources": ["pods"], "verbs": ["get"] }',
        });
  }
  for (const field of ['ingresses', 'httpRoutes'] as const)
    if (service.canary && (service[field] ?? []).length > 0)
      report({
        code: 'route-beside-canary',
        path: [field],
        message: `"${service.name}" has a canary and ${field === 'ingresses' ? 'an Ingress' : 'an HTTPRoute'} of its own`,
        cause: 'Traffic that enters there goes past the weights: the canary gets none of it.',
        fix: `write the hosts as "expose", and remove ${field}`,
      });
};
