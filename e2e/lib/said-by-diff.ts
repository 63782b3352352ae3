import { ClusterDiff, type DiffReport, reportDiff } from '../../lib/diff';
import type { KubeObject } from '../../lib/kube';

/** What `aviary diff` says of a step, to hold it against what happens. */
export interface SaidByDiff {
  readonly diff: ClusterDiff;
  readonly report: DiffReport;
  /** Codes of the dangers. */
  readonly dangers: readonly string[];
  /** Workloads that nobody answers for, at least for a while: `Kind namespace/name`. */
  readonly down: ReadonlySet<string>;
  /** Workloads whose pods are replaced. */
  readonly rolling: ReadonlySet<string>;
}

interface Filed {
  readonly object: KubeObject;
  readonly file?: string;
}

/** Dangers by which the pods of the object that they name stop. */
const STOPS = new Set(['replicas-to-zero', 'pods-stop-first', 'statefulset-removed']);
/** Dangers by which all pods of the namespace stop. */
const STOPS_ALL = new Set(['namespace-removed']);
const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet'];

export function saidByDiff(before: readonly Filed[], after: readonly Filed[]): SaidByDiff {
  const written = (list: readonly Filed[]) => ({
    objects: list.map(({ object, file = 'case.yaml' }, document) => ({ object, origin: { file, document } })),
  });
  const diff = new ClusterDiff(written(before), written(after));
  const report = reportDiff([diff]);
  const services = new Map(
    report.clusters.flatMap((one) => one.services).map((one) => [one.service, one.effects] as const),
  );
  const of = (pattern: RegExp) => (entry: { readonly namespace: string; readonly name: string }) =>
    services.get(`${entry.namespace}/${entry.name}`)?.some((effect) => pattern.test(effect)) === true;
  const named = (codes: ReadonlySet<string>) =>
    new Set(report.dangers.filter(({ code }) => codes.has(code)).map(({ place }) => place.object));
  const [stopped, all] = [named(STOPS), named(STOPS_ALL)];
  const workloads = diff.before.entries().filter(({ kind, madeBy }) => WORKLOADS.includes(kind) && !madeBy);
  const keyOf = ({ kind, namespace, name }: { kind: string; namespace: string; name: string }) =>
    `${kind} ${namespace}/${name}`;
  const isDown = (entry: (typeof workloads)[number]): boolean =>
    diff.changeOf(entry)?.isDeleted === true ||
    of(/\bdown meanwhile/)(entry) ||
    stopped.has(keyOf(entry)) ||
    [...all].some((one) => one === `Namespace ${entry.namespace}`);
  return {
    diff,
    report,
    dangers: report.dangers.map(({ code }) => code),
    down: new Set(workloads.filter(isDown).map(keyOf)),
    rolling: new Set(workloads.filter(of(/^rolls out/)).map(keyOf)),
  };
}
