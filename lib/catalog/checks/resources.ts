import { compareQuantities, parseQuantity, type Quantity } from '../../kube';
import { containersOf } from '../containers';
import type { Path } from '../problem';
import type { ServiceCheck, ServiceProblem } from './context';

type Resources = { requests?: Record<string, string | undefined>; limits?: Record<string, string | undefined> };

/** Requests and limits. */
export const checkResources: ServiceCheck = ({ service }, report) => {
  for (const { resources, path } of containersOf(service))
    checkLists(resources as Resources | undefined, [...path, 'resources'], report);
  for (const [index, { emptyDir }] of (service.volumes ?? []).entries()) {
    if (emptyDir?.sizeLimit !== undefined)
      quantity(emptyDir.sizeLimit, ['volumes', index, 'emptyDir', 'sizeLimit'], report);
  }
};

function checkLists(resources: Resources | undefined, path: Path, report: (problem: ServiceProblem) => void): void {
  if (!resources) return;
  const read = (list: 'requests' | 'limits') =>
    new Map(
      Object.entries(resources[list] ?? {}).flatMap(([name, text]) => {
        const value = text === undefined ? undefined : quantity(text, [...path, list, name], report);
        return value ? [[name, value] as const] : [];
      }),
    );
  const [requests, limits] = [read('requests'), read('limits')];
  for (const [name, request] of requests) {
    const limit = limits.get(name);
    if (!limit || compareQuantities(request, limit) <= 0) continue;
    report({
      code: 'request-above-limit',
      path: [...path, 'requests', name],
      message: `requests.${name} ${resources.requests?.[name]} is above limits.${name} ${resources.limits?.[name]}`,
      cause: 'Kubernetes refuses a container that asks for more than it may have.',
      fix: 'lower the request or raise the limit',
    });
  }
}

const NANO_PER_UNIT = 1_000_000_000n;
const NANO_PER_MILLI = 1_000_000n;

/** Stricter than the API server, which rounds CPU up and only warns of fractions of bytes: `memory: 100m` is 0.1 byte. */
function amountError({ nano }: Quantity, isCpu: boolean): string | undefined {
  if (nano < 0n) return 'is negative';
  if (isCpu) return nano % NANO_PER_MILLI === 0n ? undefined : 'is finer than a thousandth of a core';
  return nano % NANO_PER_UNIT === 0n ? undefined : 'is not a whole number of bytes';
}

function quantity(text: string, path: Path, report: (problem: ServiceProblem) => void): Quantity | undefined {
  const parsed = parseQuantity(text);
  const error = parsed.ok ? amountError(parsed.value, path.at(-1) === 'cpu') : parsed.error;
  if (parsed.ok && error === undefined) return parsed.value;
  report({
    code: 'invalid-quantity',
    // The API server takes what is finer than it counts.
    ...(parsed.ok && parsed.value.nano >= 0n && { severity: 'warning' as const }),
    path,
    message: `${path.at(-1)} ${JSON.stringify(text)} ${error}`,
    fix: 'write a quantity such as "100m" (CPU) or "64Mi" (memory)',
  });
  return undefined;
}
