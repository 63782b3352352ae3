import type { Edge, World } from '../world';

/** A call that comes or goes with the change. */
export interface Connection {
  /** `Deployment shop/web`, `outside` for what comes in by a route. */
  readonly from: string;
  /** `shop/cart`. */
  readonly to: string;
  readonly port?: number;
}

/** Connections that are let through from now on, and no more. */
export interface Connectivity {
  readonly added: readonly Connection[];
  readonly removed: readonly Connection[];
}

/** Which calls are possible after the change and were not before, and the other way round; load tests are none. */
export function connectivityOf(before: World, after: World): Connectivity {
  const [were, are] = [connections(before), connections(after)];
  const only = (these: Map<string, Connection>, those: Map<string, Connection>) =>
    [...these]
      .filter(([key]) => !those.has(key))
      .map(([, connection]) => connection)
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return { added: only(are, were), removed: only(were, are) };
}

function connections(world: World): Map<string, Connection> {
  return new Map(
    world
      .edges()
      .filter(({ via }) => via !== 'load-test')
      .map((edge) => connection(edge))
      .map((one) => [keyOf(one), one]),
  );
}

function connection({ entry, to, port, via, route }: Edge): Connection {
  const isOutside = via === 'route' && route?.isGateway === true;
  return {
    from: isOutside ? `outside (${entry.kind} ${entry.name})` : `${entry.kind} ${entry.namespace}/${entry.name}`,
    to: `${to.namespace}/${to.name}`,
    ...(port === undefined ? {} : { port }),
  };
}

const keyOf = ({ from, to, port }: Connection): string => `${from}\0${to}\0${port ?? ''}`;
