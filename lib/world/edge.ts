import type { Entry } from './entry';
import type { RouteView } from './route';
import type { WebhookView } from './webhook';
import type { Workload } from './workload';

/** One way by which requests reach a Service. */
export interface Edge {
  readonly to: { readonly namespace: string; readonly name: string };
  readonly port?: number;
  /** A workload that has the address in its environment, a route, or a load test. */
  readonly via: 'workload' | 'route' | 'load-test';
  readonly workload?: Workload;
  readonly route?: RouteView;
  /** The webhook that starts the load test. */
  readonly webhook?: WebhookView;
  /** Requests a second, where the edge itself says (load tests). */
  readonly requestsPerSecond?: number;
  /** The object in which the edge is written, and where in it. */
  readonly entry: Entry;
  readonly pointer: string;
}
