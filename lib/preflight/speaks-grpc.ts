import { isFields, numberAt } from '../kube';
import type { CanaryView } from '../world';

/** Why the workload of a Canary speaks gRPC on `service.port`, as half a sentence; undefined when nothing says so. */
export function grpcEvidence(canary: CanaryView): string | undefined {
  const port = canary.ports[0];
  if (!port) return undefined;
  if (canary.protocol === 'grpc') return `port ${port.port} of Canary "${canary.name}" is gRPC`;
  for (const { name, containerPort, container } of canary.target?.containerPorts ?? []) {
    if (containerPort !== port.targetPort && name !== port.targetPort) continue;
    if (/^grpc(-|$)/.test(name ?? '')) return `container "${container.name}" names port ${containerPort} "${name}"`;
    for (const probe of ['readinessProbe', 'livenessProbe', 'startupProbe']) {
      const fields = container.fields[probe];
      if (isFields(fields) && numberAt(fields, 'grpc', 'port') === containerPort)
        return `the ${probe} of container "${container.name}" is gRPC on port ${containerPort}`;
    }
  }
  return undefined;
}
