import { dnsLabelError, wildcardHostError } from '../../kube';
import { namedExternals } from '../external-calls';
import { policyMode } from '../policy-mode';
import type { Problem } from '../problem';
import type { ResolvedCluster } from '../resolve';
import type { Catalog } from '../schema';

/**
 * Services outside that no service names, where every cluster has policies, which let through what is named and nothing else: there the entry
 * does nothing. In a cluster without, it is for everybody: an agent that no variable shows may need it.
 */
export function unusedExternalProblems(catalog: Catalog, clusters: readonly ResolvedCluster[]): Problem[] {
  const { external = [] } = catalog;
  if (external.length === 0 || clusters.some((cluster) => policyMode(cluster) === 'off')) return [];
  const unused = new Set(external.map(({ name }) => name));
  for (const { services } of clusters)
    for (const service of services) {
      if (unused.size === 0) return [];
      const wanted = external.filter(({ name }) => unused.has(name));
      for (const { external: named } of namedExternals(service, wanted)) unused.delete(named.name);
    }
  return external.flatMap(({ name, hosts }, index): Problem[] =>
    unused.has(name)
      ? [
          {
            code: 'unused-external',
            severity: 'warning',
            path: ['external', index],
            message: `no service names "${name}" (${hosts.join(', ')}): with policies nobody is let through to it`,
            cause: 'a service names it by a host in a variable, an argument or a file, or in "calls"',
            fix: `write "calls": [{ "external": ${JSON.stringify(name)} }] at the services that call it, or remove it`,
          },
        ]
      : [],
  );
}

/** Hosts outside the mesh. */
export function externalProblems(catalog: Catalog): Problem[] {
  const services = new Set(catalog.services.map(({ name }) => name));
  return (catalog.external ?? []).flatMap((external, index) => {
    const path = ['external', index];
    const problems: Problem[] = [];
    const error =
      dnsLabelError(external.name) ?? (services.has(external.name) ? 'is the name of a service' : undefined);
    if (error)
      problems.push({
        code: 'invalid-name',
        path: [...path, 'name'],
        message: `the name ${JSON.stringify(external.name)} ${error}`,
        fix: 'use a DNS label that no service has',
      });
    if (external.hosts.length === 0)
      problems.push({
        code: 'no-hosts',
        path: [...path, 'hosts'],
        message: `"${external.name}" has no hosts`,
        fix: 'add a host',
      });
    for (const [host, text] of external.hosts.entries()) {
      const hostError = wildcardHostError(text);
      if (hostError)
        problems.push({
          code: 'invalid-host',
          path: [...path, 'hosts', host],
          message: `the host ${JSON.stringify(text)} ${hostError}`,
          fix: 'write a DNS name such as "api.example.com" or "*.example.com"',
        });
    }
    if (external.ports.length === 0)
      problems.push({
        code: 'no-port',
        path: [...path, 'ports'],
        message: `"${external.name}" has no ports`,
        fix: 'add a port',
      });
    const seen = new Set<unknown>();
    for (const [at, { port, name, protocol }] of external.ports.entries()) {
      if (!Number.isInteger(port) || port < 1 || port > 65535)
        problems.push({
          code: 'invalid-port',
          path: [...path, 'ports', at, 'port'],
          message: `port ${port} is not a port`,
          fix: 'write a whole number from 1 to 65535',
        });
      const portName = name ?? `${protocol}-${port}`;
      if (seen.has(port) || seen.has(portName))
        problems.push({
          code: 'duplicate-port',
          path: [...path, 'ports', at],
          message: `"${external.name}" has a port ${port} or a name "${portName}" twice`,
          fix: 'give each port its own number and name',
        });
      seen.add(port).add(portName);
      const nameError = dnsLabelError(portName);
      if (nameError)
        problems.push({
          code: 'invalid-port-name',
          path: [...path, 'ports', at, 'name'],
          message: `the port name ${JSON.stringify(portName)} ${nameError}`,
          fix: 'use lower case letters, digits and "-"',
        });
    }
    for (const [at, address] of (external.addresses ?? []).entries()) {
      if (!/^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/.test(address) && !/^[0-9a-f:]+(\/\d{1,3})?$/i.test(address))
        problems.push({
          code: 'invalid-address',
          path: [...path, 'addresses', at],
          message: `${JSON.stringify(address)} is not an IP address`,
          fix: 'write it like "169.254.169.254" or "10.0.0.0/8"',
        });
    }
    return problems;
  });
}
