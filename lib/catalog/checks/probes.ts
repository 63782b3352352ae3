import { nearest } from '../../findings';
import { probePortNames } from '../../kube';
import type { ServiceCheck } from './context';

/** Probes: one handler, a port that exists. */
export const checkProbes: ServiceCheck = ({ service }, report) => {
  const ports = service.ports ?? [];
  const numbers = ports.map(({ port, targetPort }) => targetPort ?? port);
  const names = probePortNames(ports, service.container?.ports ?? []);
  for (const [kind, probe] of Object.entries(service.probes ?? {})) {
    if (!probe) continue;
    const path = ['probes', kind];
    const handlers = (['http', 'grpc', 'tcp', 'exec'] as const).filter((handler) => probe[handler] !== undefined);
    if (handlers.length !== 1)
      report({
        code: 'probe-handler',
        path,
        message: `the ${kind} probe has ${handlers.length === 0 ? 'no handler' : handlers.join(' and ')}`,
        fix: 'give it exactly one of http, grpc, tcp, exec',
      });
    for (const handler of handlers) {
      if (handler === 'exec') {
        if (probe.exec?.command.length === 0)
          report({
            code: 'probe-handler',
            path: [...path, 'exec', 'command'],
            message: `the ${kind} probe has an empty command`,
            fix: 'write the command as a list of texts',
          });
        continue;
      }
      const port = probe[handler]?.port;
      if (port === undefined) {
        if (ports.length === 0)
          report({
            code: 'no-port',
            path: [...path, handler],
            message: `the ${kind} probe has no port, and "${service.name}" has none either`,
            fix: 'add ports to the service, or a port number to the probe',
          });
      } else if (
        typeof port === 'string' ? !names.includes(port) : !Number.isInteger(port) || port < 1 || port > 65535
      ) {
        const near = typeof port === 'string' ? nearest(port, names) : undefined;
        report({
          code: 'unknown-port',
          path: [...path, handler, 'port'],
          message: `the ${kind} probe names the port ${JSON.stringify(port)}, which "${service.name}" does not have`,
          nearest: near,
          fix: `write one of ${[...numbers, ...names].map((one) => JSON.stringify(one)).join(', ')}`,
        });
      }
    }
    if (probe.http?.path !== undefined && !probe.http.path.startsWith('/'))
      report({
        code: 'probe-path',
        path: [...path, 'http', 'path'],
        message: `the ${kind} probe's path ${JSON.stringify(probe.http.path)} does not begin with "/"`,
        fix: `write "/${probe.http.path}"`,
        edits: [{ path: [...path, 'http', 'path'], value: `/${probe.http.path}` }],
      });
    for (const header of Object.keys(probe.http?.headers ?? {})) {
      if (!/^[-A-Za-z0-9]+$/.test(header))
        report({
          code: 'probe-header',
          path: [...path, 'http', 'headers', header],
          key: true,
          message: `${JSON.stringify(header)} is not the name of an HTTP header`,
          fix: 'use letters, digits and "-"',
        });
    }
    const least = {
      initialDelaySeconds: 0,
      periodSeconds: 1,
      timeoutSeconds: 1,
      successThreshold: 1,
      failureThreshold: 1,
    } as const;
    for (const [field, from] of Object.entries(least) as [keyof typeof least, number][]) {
      const value = probe[field];
      const one = field === 'successThreshold' && kind !== 'readiness';
      if (value === undefined || (Number.isInteger(value) && value >= from && (!one || value === 1))) continue;
      report({
        code: 'invalid-number',
        path: [...path, field],
        message: `${field} of the ${kind} probe cannot be ${value}`,
        fix: one ? 'write 1: Kubernetes takes nothing else here' : `write a whole number from ${from} on`,
        ...(one && { edits: [{ path: [...path, field], value: 1 }] }),
      });
    }
  }
};
