import { ListsByName, push } from './by-name';
import type { Entry } from './entry';
import { Lazy } from './lazy';
import { type RouteView, readRoute, routeKinds } from './route';

/** Which routes lead where. */
export class RouteIndex {
  /** @param left objects of a kind as somebody wrote them, without those that Flagger takes over */
  constructor(private readonly left: (kind: string) => readonly Entry[]) {}

  /** VirtualServices, routes of the Gateway API and Ingresses that somebody wrote, as far as Flagger makes none in their place. */
  all(): readonly RouteView[] {
    return this.leftRoutes.value;
  }
  private readonly leftRoutes = new Lazy(() =>
    routeKinds.flatMap((kind) => this.left(kind).flatMap((entry) => readRoute(entry) ?? [])),
  );
  /** Routes that somebody wrote with the Service among their backends; copies (mirrors) count. */
  to(namespace: string, name: string): readonly RouteView[] {
    return this.routesByBackend.value.get(namespace, name) ?? [];
  }
  private readonly routesByBackend = new Lazy(() => {
    const byBackend = new ListsByName<RouteView>();
    for (const route of this.all())
      for (const { namespace, name } of route.backends) byBackend.addOnce(namespace, name, route);
    return byBackend;
  });
  /** Routes that somebody wrote with exactly this host. */
  withHost(host: string): readonly RouteView[] {
    return this.routesByHost.value.get(host) ?? [];
  }
  private readonly routesByHost = new Lazy(() => {
    const byHost = new Map<string, RouteView[]>();
    for (const route of this.all()) for (const name of new Set(route.hosts)) push(byHost, name, route);
    return byHost;
  });
}
