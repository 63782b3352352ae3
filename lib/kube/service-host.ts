/** What a host inside the cluster names. */
export interface ServiceHost {
  readonly name: string;
  readonly namespace: string;
}

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/**
 * The Service that a DNS name means to a pod of `namespace`, or undefined: `cart`, `cart.shop`, `cart.shop.svc`,
 * `cart.shop.svc.cluster.local`, each with an optional dot at the end and without regard to case.
 * A name of two parts is read as service and namespace, as the search path of a pod does first: only the
 * cluster can tell `cart.shop` from `example.com`, so look the result up.
 * @see Kubernetes 1.34 DNS specification; pkg/kubelet/network/dns/dns.go (search path)
 */
export function parseServiceHost(
  host: string,
  namespace: string,
  clusterDomain = 'cluster.local',
): ServiceHost | undefined {
  // Most are a Service's name alone.
  if (LABEL.test(host)) return LABEL.test(namespace) ? { name: host, namespace } : undefined;
  let rest = host.toLowerCase();
  const absolute = rest.endsWith('.');
  if (absolute) rest = rest.slice(0, -1);
  const qualified = rest.endsWith(`.svc.${clusterDomain}`);
  if (qualified) rest = rest.slice(0, -clusterDomain.length - 1);
  // With a dot at the end the search path is not used: only the whole name is a Service's.
  if (absolute && !qualified) return undefined;
  const parts = rest.split('.');
  if (parts.length > 3 || (parts.length === 3 && parts[2] !== 'svc')) return undefined;
  const [name = '', space = namespace] = parts;
  return LABEL.test(name) && LABEL.test(space) ? { name, namespace: space } : undefined;
}

/** The host of an HTTP address; undefined of another text. */
export const urlHost = (url: string): string | undefined => /^https?:\/\/(?:[^@/]*@)?([^:/?#]+)/i.exec(url)?.[1];
