import { exposedHost, type ResolvedService } from '../catalog';

/** The hosts of a service in a cluster. */
export function exposedHosts(service: Pick<ResolvedService, 'expose'>, domain: string): string[] {
  return service.expose ? service.expose.hosts.map((host) => exposedHost(host, domain)) : [];
}
