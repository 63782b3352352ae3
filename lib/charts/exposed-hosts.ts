import type { ResolvedService } from '../catalog';

/** `{domain}` in an exposed host stands for the cluster's domain. */
export function exposedHosts(service: Pick<ResolvedService, 'expose'>, domain: string): string[] {
  return service.expose ? service.expose.hosts.map((host) => host.replaceAll('{domain}', domain)) : [];
}
