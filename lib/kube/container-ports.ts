import { dnsLabelError, portNameError } from './names';

/** A port of a Service, and the container's port behind it. */
export interface ServedPort {
  /** @default the protocol; from the second one on `<protocol>-<port>` */
  readonly name?: string;
  readonly port: number;
  /** @default port */
  readonly targetPort?: number;
  readonly targetPortName?: string;
  readonly protocol: string;
}

/**
 * Why the text is not the name of a Service's port, or undefined: a DNS label, so longer than that of a container's port,
 * and `8080` is one.
 * @see kubernetes v1.36 pkg/apis/core/validation/validation.go, validateServicePort
 */
export function servicePortNameError(name: string): string | undefined {
  return dnsLabelError(name) === undefined ? undefined : (portNameError(name) ?? dnsLabelError(name));
}

/** The name of the container's port behind a Service's port; undefined where a container's port cannot have that name. */
export function containerPortName(name: string): string | undefined {
  return portNameError(name) === undefined ? name : undefined;
}

/**
 * Names by which a probe may call the ports of a container.
 * @param listed the ports that the container lists itself: such a port has the name that stands there
 */
export function probePortNames(
  ports: readonly ServedPort[],
  listed: readonly { readonly name?: string; readonly containerPort: number }[],
): string[] {
  return [
    ...ports.flatMap(({ name, protocol, targetPortName, port, targetPort = port }, index) => {
      if (listed.some(({ containerPort }) => containerPort === targetPort)) return [];
      if (targetPortName !== undefined) return [targetPortName];
      if (name !== undefined) return containerPortName(name) ?? [];
      const isFirst = ports.findIndex((other) => (other.name ?? other.protocol) === protocol) === index;
      return [isFirst ? protocol : `${protocol}-${port}`];
    }),
    ...listed.flatMap(({ name }) => name ?? []),
  ];
}
