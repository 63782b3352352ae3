import { dnsSubdomainError } from './names';

/**
 * Whether two hosts can be the same, where either may start with a wildcard: `*` and `*.example.com`.
 * `*.example.com` matches `a.b.example.com` but not `example.com`. Case does not matter.
 * @see Istio 1.31 pkg/config/host/name.go, Name.Matches; Gateway API 1.6 Hostname (suffix match as well)
 */
export function hostMatches(pattern: string, host: string): boolean {
  const a = pattern.toLowerCase();
  const b = host.toLowerCase();
  if (a.startsWith('*')) {
    if (!b.startsWith('*')) return b.endsWith(a.slice(1));
    return a.length < b.length ? b.slice(1).endsWith(a.slice(1)) : a.slice(1).endsWith(b.slice(1));
  }
  return b.startsWith('*') ? a.endsWith(b.slice(1)) : a === b;
}

/**
 * Why the text is not a host for a gateway, or undefined: a DNS name, or `*.` and a DNS name. No scheme, port or path, no IP address.
 * @see Istio 1.31 pkg/config/validation/agent/validation.go, ValidateWildcardDomain; Gateway API 1.6 Hostname
 */
export function wildcardHostError(text: string): string | undefined {
  if (text.includes('://')) return 'has a scheme: write the host alone';
  if (text.includes('/')) return 'has a path: write the host alone';
  if (/:\d+$/.test(text)) return 'has a port: write the host alone';
  if (/^\d+(\.\d+){3}$/.test(text)) return 'is an IP address, not a host';
  const name = text.startsWith('*.') ? text.slice(2) : text;
  const error = dnsSubdomainError(name);
  if (error) return error;
  const long = name.split('.').find((label) => label.length > 63);
  return long === undefined ? undefined : `has a part of more than 63 characters (${long.length})`;
}
