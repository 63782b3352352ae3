import { type KubeObject, textAt } from '../kube';
import { computedOnce, ListsByName } from './by-name';
import type { Entry } from './entry';
import { Lazy } from './lazy';
import type { MadeIndex } from './made-index';
import type { Workload } from './workload';

const scalerKinds = ['HorizontalPodAutoscaler', 'ScaledObject'] as const;
const scaledKind = (scaler: KubeObject) => textAt(scaler, 'spec', 'scaleTargetRef', 'kind') || 'Deployment';

/** Which autoscalers scale a workload. */
export class ScalerIndex {
  /** @param left objects of a kind as somebody wrote them, without those that Flagger takes over */
  constructor(
    private readonly made: MadeIndex,
    private readonly left: (kind: string) => readonly Entry[],
  ) {}

  /** HorizontalPodAutoscalers and ScaledObjects whose `scaleTargetRef` names the workload. */
  of(workload: Pick<Workload, 'kind' | 'namespace' | 'name'>): readonly Entry[] {
    const written = this.writtenOf(workload);
    const made = scalerKinds
      .flatMap((kind) => this.made.ofTarget(kind, workload.namespace, workload.name))
      .filter((entry) => scaledKind(entry.object) === workload.kind);
    return made.length === 0 ? written : [...written, ...made];
  }
  /** The same without those that Flagger makes or replaces. */
  writtenOf({ kind, namespace, name }: Pick<Workload, 'kind' | 'namespace' | 'name'>): readonly Entry[] {
    return this.autoscalers.value.get(kind)?.get(namespace, name) ?? [];
  }
  private readonly autoscalers = new Lazy(() => {
    const byTarget = new Map<string, ListsByName<Entry>>();
    for (const kind of scalerKinds)
      for (const entry of this.left(kind)) {
        const names = computedOnce(byTarget, scaledKind(entry.object), () => new ListsByName());
        names.add(entry.namespace, textAt(entry.object, 'spec', 'scaleTargetRef', 'name') ?? '', entry);
      }
    return byTarget;
  });
}
