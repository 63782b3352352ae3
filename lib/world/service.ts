import { at, isFields, listAt, numberAt, textAt, textMapAt } from '../kube';
import type { CanaryView } from './canary';
import type { Entry } from './entry';
import { Memoized, memoize } from './memoized';
import { istioProtocol, type Protocol } from './protocol';
import type { Workload } from './workload';

/** A port of a Service. */
export interface ServicePort {
  readonly name: string | undefined;
  readonly port: number;
  readonly targetPort: number | string;
  /** What Istio makes of it. */
  readonly protocol: Protocol;
  readonly appProtocol: string | undefined;
  /** Pointer to the port, into the Service. */
  readonly pointer: string;
}

/** What a Service asks of the world. */
export interface ServiceLookup {
  canary(namespace: string, name: string): CanaryView | undefined;
  /** Workloads of a namespace whose pods have the labels. */
  workloadsWith(namespace: string, matchLabels: Readonly<Record<string, string>>): readonly Workload[];
}

/** A Service as the cluster will hold it. */
export class ServiceView extends Memoized {
  readonly entry: Entry;
  readonly name: string;
  readonly namespace: string;
  readonly object: Entry['object'];
  /** Whether the object that counts is Flagger's (it may replace one that was written). */
  readonly isMadeByFlagger: boolean;
  private readonly lookup: ServiceLookup;

  constructor(lookup: ServiceLookup, entry: Entry) {
    super();
    this.lookup = lookup;
    this.entry = entry;
    this.name = this.entry.name;
    this.namespace = this.entry.namespace;
    this.object = this.entry.object;
    this.isMadeByFlagger = this.entry.madeBy !== undefined;
  }

  get selector(): Readonly<Record<string, string>> {
    return textMapAt(this.object, 'spec', 'selector');
  }
  get type(): string {
    return textAt(this.object, 'spec', 'type') || 'ClusterIP';
  }
  /** The Canary that makes this Service. */
  get canary(): CanaryView | undefined {
    return this.entry.madeBy ? this.lookup.canary(this.entry.madeBy.namespace, this.entry.madeBy.name) : undefined;
  }
  /** What a Service of Flagger's is there for. */
  get role(): 'apex' | 'primary' | 'canary' | undefined {
    const canary = this.canary;
    if (!canary) return undefined;
    return this.name === canary.apexName ? 'apex' : this.name === canary.primaryName ? 'primary' : 'canary';
  }

  get ports(): readonly ServicePort[] {
    return listAt(this.object, 'spec', 'ports').filter(isFields).map(readPort);
  }
  port(number: number): ServicePort | undefined {
    return this.ports.find((port) => port.port === number);
  }

  /** Workloads whose pods it selects, those at zero between rollouts included. */
  get workloads(): readonly Workload[] {
    return Object.keys(this.selector).length === 0 ? [] : this.lookup.workloadsWith(this.namespace, this.selector);
  }
}

memoize(ServiceView, ['selector', 'canary', 'role', 'ports', 'workloads']);

function readPort(port: unknown, index: number): ServicePort {
  const number = numberAt(port, 'port') ?? 0;
  const name = textAt(port, 'name');
  const appProtocol = textAt(port, 'appProtocol');
  const target = at(port, 'targetPort');
  return {
    name,
    port: number,
    targetPort: typeof target === 'number' || typeof target === 'string' ? target : number,
    protocol: istioProtocol({ name, port: number, protocol: textAt(port, 'protocol'), appProtocol }),
    appProtocol,
    pointer: `/spec/ports/${index}`,
  };
}
