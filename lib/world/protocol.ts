/** What Istio makes of a port. `auto`: it looks at the first bytes of each connection. */
export type Protocol = 'http' | 'http2' | 'grpc' | 'https' | 'tls' | 'tcp' | 'udp' | 'auto';

const appProtocols: Readonly<Record<string, Protocol>> = {
  http: 'http',
  http2: 'http2',
  https: 'https',
  grpc: 'grpc',
  'grpc-web': 'grpc',
  tcp: 'tcp',
  tls: 'tls',
  mongo: 'tcp',
  mysql: 'tcp',
  redis: 'tcp',
  udp: 'udp',
  'kubernetes.io/h2c': 'http2',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'https',
};

/** Ports whose server speaks first: never looked at. @see istio/istio 1.31 pkg/config/kube/conversion.go */
const wellKnownTcpPorts = new Set([25, 53, 3306, 27017]);

/** A port of a Service, as far as its protocol depends on it. */
export interface PortNaming {
  readonly name?: string | undefined;
  readonly port?: number | undefined;
  readonly protocol?: string | undefined;
  readonly appProtocol?: string | undefined;
}

/**
 * The protocol that Istio serves a port with: `appProtocol` wins, then the name up to its first dash.
 * @see istio/istio 1.31 pkg/config/kube/conversion.go ConvertProtocol
 */
export function istioProtocol(port: PortNaming): Protocol {
  if (port.protocol?.toUpperCase() === 'UDP') return 'udp';
  const app = port.appProtocol?.toLowerCase();
  if (app !== undefined && Object.hasOwn(appProtocols, app)) return appProtocols[app] as Protocol;
  const name = port.name?.toLowerCase() ?? '';
  if (name === 'grpc-web' || name.startsWith('grpc-web-')) return 'grpc';
  const prefix = name.split('-')[0] ?? '';
  if (!prefix.includes('/') && Object.hasOwn(appProtocols, prefix)) return appProtocols[prefix] as Protocol;
  return port.port !== undefined && wellKnownTcpPorts.has(port.port) ? 'tcp' : 'auto';
}

/** Whether Istio counts requests on such a port (`istio_requests_total`) and not only connections. */
export function hasRequestMetrics(protocol: Protocol): boolean {
  return protocol === 'http' || protocol === 'http2' || protocol === 'grpc' || protocol === 'auto';
}
