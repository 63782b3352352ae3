import { atPath, type LabelSelector, labelSelectorOf, textMapAt } from '../kube';
import type { Entry } from './entry';
import { SelectorIndex } from './selector-index';
import type { Workload } from './workload';

/** What the index asks of the world. */
export interface PolicyLookup {
  /** Where Istio's policies for the whole mesh live. */
  readonly istioRootNamespace: string;
  /** Objects of a kind as the cluster will hold them. */
  ofKind(kind: string): readonly Entry[];
}

/** Which objects select the pods of a workload. */
export class PolicyIndex {
  constructor(private readonly lookup: PolicyLookup) {}

  /**
   * Objects of a kind that select the workload's pods by label: PodDisruptionBudget, NetworkPolicy,
   * AuthorizationPolicy, PeerAuthentication, RequestAuthentication, Telemetry, Sidecar, PodMonitor. For Istio's kinds those of
   * the root namespace and those without a selector count too.
   */
  selecting(kind: SelectingKind, workload: Pick<Workload, 'namespace' | 'podLabels'>): readonly Entry[] {
    const index = this.selectorIndexes.get(kind) ?? this.indexSelectors(kind);
    const { namespace, podLabels } = workload;
    const own = index.matching(namespace, podLabels);
    if (!selecting[kind].isIstio || namespace === this.lookup.istioRootNamespace) return own;
    const ofAll = index.matching(this.lookup.istioRootNamespace, podLabels);
    return ofAll.length === 0 ? own : own.length === 0 ? ofAll : [...ofAll, ...own];
  }
  private readonly selectorIndexes = new Map<SelectingKind, SelectorIndex<Entry>>();
  private indexSelectors(kind: SelectingKind): SelectorIndex<Entry> {
    const { path, isIstio } = selecting[kind];
    const selectors = new SelectorIndex<Entry>();
    for (const entry of this.lookup.ofKind(kind)) {
      const found = atPath(entry.object, ['spec', ...path]);
      selectors.add(entry.namespace, readSelector(found, isIstio), entry);
    }
    this.selectorIndexes.set(kind, selectors);
    return selectors;
  }
}

/** Kinds that select pods by label, for `World.selecting`. */
export type SelectingKind = keyof typeof selecting;

const selecting = {
  PodDisruptionBudget: { path: ['selector'], isIstio: false },
  NetworkPolicy: { path: ['podSelector'], isIstio: false },
  PodMonitor: { path: ['selector'], isIstio: false },
  AuthorizationPolicy: { path: ['selector'], isIstio: true },
  PeerAuthentication: { path: ['selector'], isIstio: true },
  RequestAuthentication: { path: ['selector'], isIstio: true },
  Telemetry: { path: ['selector'], isIstio: true },
  Sidecar: { path: ['workloadSelector'], isIstio: true },
  EnvoyFilter: { path: ['workloadSelector'], isIstio: true },
  WasmPlugin: { path: ['selector'], isIstio: true },
} as const;

/** Istio's selectors have `matchLabels` (a Sidecar: `labels`) and select all when absent; the others are Kubernetes' own. */
function readSelector(found: unknown, isIstio: boolean): LabelSelector {
  if (!isIstio) return labelSelectorOf(found);
  const labels = textMapAt(found, 'matchLabels');
  return { matchLabels: Object.keys(labels).length > 0 ? labels : textMapAt(found, 'labels') };
}
