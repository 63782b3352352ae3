/** `{domain}` in an exposed host stands for the cluster's domain. */
export const exposedHost = (host: string, domain: string): string => host.replaceAll('{domain}', domain);
