import { computedOnce } from './by-name';
import type { Entry } from './entry';
import type { WorldFacts } from './facts';
import type { IstioInstallation } from './installations';
import type { NamespaceInjection } from './workload';

/** What decides about the sidecars of a namespace. */
export interface InjectionLookup {
  readonly facts: WorldFacts;
  readonly istio: IstioInstallation;
  /** An object as somebody wrote it. */
  given(kind: string, namespace: string, name: string): Entry | undefined;
}

/** What namespaces say about sidecars, each read once. */
export class NamespaceInjections {
  constructor(private readonly lookup: InjectionLookup) {}

  /**
   * What a namespace says about sidecars.
   * @see istio/istio 1.31 manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml
   */
  of(namespace: string): NamespaceInjection {
    return computedOnce(this.known, namespace, () => this.readNamespaceInjection(namespace));
  }
  private readonly known = new Map<string, NamespaceInjection>();
  private readNamespaceInjection(namespace: string): NamespaceInjection {
    const entry = this.lookup.given('Namespace', '', namespace);
    const of = `Namespace "${namespace}"`;
    const rest = { ...(entry ? { entry } : {}), ambient: false, isDisabled: false };
    const label = entry?.labels['istio-injection'];
    if (label === 'disabled')
      return { ...rest, sidecar: 'no', isDisabled: true, reason: `${of} has the label istio-injection=disabled` };
    if (label === 'enabled') return { ...rest, sidecar: 'yes', reason: `${of} has the label istio-injection=enabled` };
    if (entry?.labels['istio.io/rev'] !== undefined)
      return { ...rest, sidecar: 'yes', reason: `${of} has the label istio.io/rev=${entry.labels['istio.io/rev']}` };
    if (entry?.labels['istio.io/dataplane-mode'] === 'ambient')
      return {
        ...rest,
        sidecar: 'no',
        ambient: true,
        reason: `${of} has the label istio.io/dataplane-mode=ambient`,
      };
    if (this.lookup.facts.injectedNamespaces?.includes(namespace))
      return { ...rest, sidecar: 'yes', reason: `${of} is stated to get sidecars` };
    if (this.lookup.facts.uninjectedNamespaces?.includes(namespace))
      return { ...rest, sidecar: 'no', reason: `${of} is stated to get no sidecars` };
    if (this.lookup.istio.injectsByDefault)
      return { ...rest, sidecar: 'yes', reason: 'istiod injects every namespace (enableNamespacesByDefault)' };
    if (entry) return { ...rest, sidecar: 'no', reason: `${of} has no label istio-injection=enabled` };
    return { ...rest, sidecar: 'unknown', reason: `${of} is not among the manifests` };
  }
}
