import { defaults } from '../flagger';
import { listAt, numberAt, textAt } from '../kube';
import { type CanaryView, describeEntry, type Workload } from '../world';
import type { ClusterDiff, ObjectChange } from './cluster-diff';
import type { FieldChange } from './field-changes';

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet'];
/** New pods of a workload take the place of those that run. */
export interface Rollout {
  readonly workload: Workload;
  /** That rolls it out; undefined where Kubernetes does. */
  readonly canary?: CanaryView;
  /** Why: fields of the template, or the object that is tracked. */
  readonly reasons: readonly string[];
  /** At most, when all goes well; undefined where nothing bounds it. */
  readonly seconds?: number;
  /** At most, until a bad version has been taken back (canaries). */
  readonly rollbackSeconds?: number;
  /** All pods are stopped before new ones start. */
  readonly stopsFirst: boolean;
}

/** Pods read a ConfigMap or Secret that has changed, and nothing starts them again. */
export interface UnreadConfig {
  readonly workload: Workload;
  readonly change: ObjectChange;
}

/** Which workloads get new pods, and which should and do not. */
export interface Rollouts {
  readonly rollouts: readonly Rollout[];
  readonly unread: readonly UnreadConfig[];
}

/** What pods read of a ConfigMap or Secret, and Flagger takes the checksum of: not its labels. */
const READ = /^(data|binaryData|stringData)\b/;

/** Fields of the pod template, whose change gives new pods. */
export function templateChanges(change: ObjectChange): readonly FieldChange[] {
  return change.fields.filter(({ path }) => /^spec\.template(\.|$)/.test(path));
}

/** Which workloads get new pods. A workload that is new, or that Flux makes anew, is not among them. */
export function rolloutsOf(diff: ClusterDiff): Rollouts {
  const rollouts: Rollout[] = [];
  const unread: UnreadConfig[] = [];
  const configs = diff
    .of('ConfigMap', 'Secret')
    .filter(({ before, after, fields }) => before && after && fields.some(({ path }) => READ.test(path)));
  const changedConfigs = new Map(
    configs.map((change) => [`${change.kind} ${change.namespace}/${change.name}`, change]),
  );
  for (const workload of diff.after.writtenWorkloads()) {
    if (!WORKLOADS.includes(workload.kind) || workload.entry.madeBy) continue;
    const change = diff.changeOf(workload.entry);
    if (change && (change.isAdded || change.isRemoved || change.waitsFor)) continue;
    const fields = change ? templateChanges(change) : [];
    if (fields.length === 0 && changedConfigs.size === 0) continue;
    const canary = diff.after.canaryOfTarget(workload.entry);
    // A Canary that is new takes the pods that run for its primary.
    const isTracked = canary !== undefined && diff.changeOf(canary.entry)?.isAdded !== true;
    const reasons = fields.filter(({ isDerived }) => !isDerived).map(({ path }) => shortPath(path));
    for (const { kind, name } of workload.configReferences) {
      const config = changedConfigs.get(`${kind} ${workload.namespace}/${name}`);
      if (!config) continue;
      // The release's own digest tells nothing that the template does not.
      if (isTracked) {
        if (!(name.endsWith('.release') && fields.length > 0)) reasons.push(describeEntry(config.entry));
      } else if (fields.length === 0) unread.push({ workload, change: config });
    }
    if (reasons.length === 0) continue;
    const unique = [...new Set(reasons)];
    rollouts.push(isTracked && canary ? canaryRollout(workload, canary, unique) : plainRollout(workload, unique));
  }
  return { rollouts, unread: [...new Map(unread.map((one) => [unreadKey(one), one])).values()] };
}

const unreadKey = ({ workload, change }: UnreadConfig): string => `${describeEntry(workload)} ${change.key}`;

/** Without the way to the template: `containers[server].image`. */
export function shortPath(path: string): string {
  return path.replace(/^spec\.template\.(spec\.)?/, '');
}

function canaryRollout(workload: Workload, canary: CanaryView, reasons: readonly string[]): Rollout {
  const { successSeconds, rollbackSeconds } = canary.rollout;
  const deadline = canary.progressDeadlineSeconds;
  return {
    workload,
    canary,
    reasons,
    ...(canary.isSuspended ? {} : { seconds: successSeconds + deadline, rollbackSeconds: rollbackSeconds + deadline }),
    stopsFirst: false,
  };
}

function plainRollout(workload: Workload, reasons: readonly string[]): Rollout {
  const { object, kind } = workload;
  const isDeployment = kind === 'Deployment';
  return {
    workload,
    reasons,
    ...(isDeployment
      ? { seconds: numberAt(object, 'spec', 'progressDeadlineSeconds') ?? defaults.progressDeadlineSeconds }
      : {}),
    stopsFirst: isDeployment ? textAt(object, 'spec', 'strategy', 'type') === 'Recreate' : isStoppedFirst(workload),
  };
}

/** A StatefulSet of one pod stops it before it starts the new one. */
function isStoppedFirst({ kind, object }: Workload): boolean {
  return kind === 'StatefulSet' && (numberAt(object, 'spec', 'replicas') ?? 1) <= 1;
}

/** The images of a pod template by container. */
export function imagesOf(workload: Workload): Map<string, string> {
  return new Map(
    ['initContainers', 'containers'].flatMap((list) =>
      listAt(workload.podSpec, list).flatMap((container): [string, string][] => {
        const [name, image] = [textAt(container, 'name'), textAt(container, 'image')];
        return name === undefined || image === undefined ? [] : [[name, image]];
      }),
    ),
  );
}
