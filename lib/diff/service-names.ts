import { textAt } from '../kube';
import type { Entry, World } from '../world';
import type { ClusterDiff, ObjectChange } from './cluster-diff';

const WORKLOADS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job']);
const NAME_LABELS = ['app.kubernetes.io/name', 'app', 'k8s-app', 'app.kubernetes.io/instance'];

/**
 * Which service a change belongs to: `shop/cart`. A workload is one, and what names it, carries its label, is read by its
 * pods or begins with its name belongs to it. Undefined for what is nobody's: namespaces, the platform, Flux.
 */
export class ServiceNames {
  private readonly workloads = new Map<string, Entry>();
  private readonly readers = new Map<string, string>();

  constructor({ before, after }: ClusterDiff) {
    for (const world of [before, after])
      for (const entry of world.entries())
        if (WORKLOADS.has(entry.kind)) this.workloads.set(`${entry.namespace}/${entry.name}`, entry);
    for (const world of [before, after]) this.readConfigs(world);
  }

  private readConfigs(world: World): void {
    for (const workload of world.writtenWorkloads()) {
      if (!WORKLOADS.has(workload.kind)) continue;
      for (const { kind, name } of workload.configReferences) {
        const key = `${kind} ${workload.namespace}/${name}`;
        const own = `${workload.namespace}/${workload.name}`;
        // What several read is nobody's own.
        this.readers.set(key, this.readers.has(key) && this.readers.get(key) !== own ? '' : own);
      }
    }
  }

  of({ entry }: ObjectChange): string | undefined {
    const { kind, namespace, name, object } = entry;
    if (namespace === '') return undefined;
    const known = (candidate: string | undefined) =>
      candidate !== undefined && this.workloads.has(`${namespace}/${candidate}`)
        ? `${namespace}/${candidate}`
        : undefined;
    // What Helm makes of a service's chart need not be known.
    if (WORKLOADS.has(kind) || (kind === 'HelmRelease' && entry.labels.app === name)) return `${namespace}/${name}`;
    const target =
      textAt(object, 'spec', 'targetRef', 'name') ??
      textAt(object, 'spec', 'scaleTargetRef', 'name') ??
      textAt(object, 'spec', 'selector', 'app') ??
      textAt(object, 'spec', 'selector', 'matchLabels', 'app');
    const read = this.readers.get(`${kind} ${namespace}/${name}`);
    return (
      known(target) ??
      (read === '' ? undefined : read) ??
      known(NAME_LABELS.map((label) => entry.labels[label]).find((value) => known(value) !== undefined)) ??
      this.beginningOf(namespace, name)
    );
  }

  /** `cart-config` and `cart.release` belong to `cart`. */
  private beginningOf(namespace: string, name: string): string | undefined {
    const parts = name.split(/(?=[-.])/);
    for (let length = parts.length; length > 0; length--) {
      const key = `${namespace}/${parts.slice(0, length).join('')}`;
      if (this.workloads.has(key)) return key;
    }
    return undefined;
  }
}
