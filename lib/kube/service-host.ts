/** What a host inside the cluster names. */
export interface ServiceHost {
  readonly name: string;
  readonly namespace: string;
}

/** `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, by hand: each host of each load test and each variable is asked for. */
function isLabel(text: string): boolean {
  const last = text.length - 1;
  for (let index = 0; index <= last; index++) {
    const code = text.charCodeAt(index);
    const isLetterOrDigit = (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
    if (!isLetterOrDigit && (code !== 45 || index === 0 || index === last)) return false;
  }
  return last >= 0;
}

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
  if (isLabel(host)) return isLabel(namespace) ? { name: host, namespace } : undefined;
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
  return isLabel(name) && isLabel(space) ? { name, namespace: space } : undefined;
}

/** The host of an HTTP address; undefined of another text. */
export const urlHost = (url: string): string | undefined => /^https?:\/\/(?:[^@/]*@)?([^:/?#]+)/i.exec(url)?.[1];
