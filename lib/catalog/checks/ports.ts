import { servicePortNameError } from '../../kube';
import type { ServiceCheck } from './context';

/** Numbers and names of ports. */
export const checkPorts: ServiceCheck = ({ service }, report) => {
  const numbers = new Map<string, number>();
  const names = new Map<string, number>();
  for (const [index, port] of (service.ports ?? []).entries()) {
    for (const field of ['port', 'targetPort'] as const) {
      const number = port[field];
      if (number === undefined || (Number.isInteger(number) && number >= 1 && number <= 65535)) continue;
      report({
        code: 'invalid-port',
        path: ['ports', index, field],
        message: `${field} ${number} is not a port`,
        fix: 'write a whole number from 1 to 65535',
      });
    }
    // A container's port cannot have all the names that a Service's may have, and then has none.
    const nameError = port.name === undefined ? undefined : servicePortNameError(port.name);
    if (nameError)
      report({
        code: 'invalid-port-name',
        path: ['ports', index, 'name'],
        message: `the port name ${JSON.stringify(port.name)} ${nameError}`,
        fix: 'use lower case letters, digits and "-"; of a container\'s port at most 15, with at least one letter',
      });
    const numberAndTransport = `${port.port}/${port.transport ?? 'TCP'}`;
    if (numbers.has(numberAndTransport)) {
      report({
        code: 'duplicate-port',
        path: ['ports', index, 'port'],
        message: `"${service.name}" has the port ${port.port} twice`,
        fix: 'give each port its own number',
      });
    }
    numbers.set(numberAndTransport, index);
    // The default names: the protocol, and `<protocol>-<port>` from the second one on.
    const name = port.name ?? (names.has(port.protocol) ? `${port.protocol}-${port.port}` : port.protocol);
    if (names.has(name)) {
      report({
        code: 'duplicate-port-name',
        path: ['ports', index, 'name'],
        message: `"${service.name}" has two ports named "${name}"`,
        fix: 'give each port its own name',
      });
    }
    names.set(name, index);
  }
};
