import { type Finding, inClusters, sharedFindings } from '../findings';
import { describeEntry } from '../world';
import type { ClusterDiff, ObjectChange } from './cluster-diff';
import { type Connection, connectivityOf } from './connectivity';
import { all as dangers } from './dangers/all.generated';
import { type FieldChange, fieldChanges } from './field-changes';
import { findDangers } from './find-dangers';
import { namedAnew } from './generated-names';
import { reinstallReason } from './helm-reinstall';
import { frozenField, isForced } from './immutable';
import { type MovingKustomization, movingKustomizations } from './kustomization-order';
import { type Move, moveOf } from './moves';
import { type Rollout, type Rollouts, rolloutsOf, shortPath, type UnreadConfig } from './rollouts';
import { ServiceNames } from './service-names';

/** A field, as it is shown and printed. */
export interface ReportedField {
  readonly path: string;
  /** Undefined where the field is new, or a secret's. */
  readonly before?: unknown;
  readonly after?: unknown;
  /** How it changed where values are not shown. */
  readonly note?: 'secret' | 'order';
  /** A digest that follows from the rest. */
  readonly isDerived?: boolean;
}

/** What becomes of one object. */
export interface ReportedObject {
  /** `Deployment shop/cart`. */
  readonly object: string;
  readonly change: 'added' | 'removed' | 'changed' | 'moved';
  /** Where it is written, after the change where it is there. */
  readonly file: string;
  readonly fields: readonly ReportedField[];
}

/** All that belongs to one service, or to the platform. */
export interface ReportedService {
  /** `shop/cart`; undefined for what is no service's. */
  readonly service?: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** What changes, in few words: `image v1 → v2`, `resources`, `canary on`. */
  readonly summary: readonly string[];
  /** What will happen, one sentence each. */
  readonly effects: readonly string[];
  readonly objects: readonly ReportedObject[];
}

/** What becomes of one cluster. */
export interface ReportedCluster {
  readonly cluster?: string;
  readonly services: readonly ReportedService[];
  readonly kustomizations: readonly MovingKustomization[];
  readonly connectivity: { readonly added: readonly Connection[]; readonly removed: readonly Connection[] };
}

/** A diff as plain data: what all formats print. */
export interface DiffReport {
  /** Clusters in which something changes. */
  readonly clusters: readonly ReportedCluster[];
  readonly dangers: readonly Finding[];
  readonly objects: { readonly added: number; readonly removed: number; readonly changed: number };
}

/** The worst first; those of one severity in their order. */
function bySeverity(findings: readonly Finding[]): Finding[] {
  return (['error', 'warning', 'info'] as const).flatMap((severity) =>
    findings.filter((finding) => finding.severity === severity),
  );
}

/** What the change of each cluster is, what will happen, and what is dangerous about it. */
export function reportDiff(diffs: readonly ClusterDiff[]): DiffReport {
  const found: Finding[] = [];
  const clusters = diffs
    .filter(({ changes }) => changes.length > 0)
    .map((diff) => {
      const rollouts = rolloutsOf(diff);
      found.push(...findDangers(diff, dangers, rollouts));
      return reportCluster(diff, rollouts);
    });
  const all = clusters.flatMap(({ services }) => services.flatMap(({ objects }) => objects));
  const count = (...kinds: ReportedObject['change'][]) => all.filter(({ change }) => kinds.includes(change)).length;
  return {
    clusters,
    dangers: bySeverity(sharedFindings(found).map((one) => inClusters(one, diffs.length))),
    objects: { added: count('added'), removed: count('removed'), changed: count('changed', 'moved') },
  };
}

function reportCluster(diff: ClusterDiff, rollouts: Rollouts): ReportedCluster {
  const names = new ServiceNames(diff);
  const byService = new Map<string, ObjectChange[]>();
  for (const change of diff.changes) {
    const name = names.of(change) ?? '';
    const known = byService.get(name);
    if (known) known.push(change);
    else byService.set(name, [change]);
  }
  const rolling = new Map(rollouts.rollouts.map((rollout) => [serviceOf(rollout.workload), rollout]));
  const unread = new Map<string, UnreadConfig[]>();
  for (const one of rollouts.unread) {
    const key = serviceOf(one.workload);
    unread.set(key, [...(unread.get(key) ?? []), one]);
  }
  // A ConfigMap that several read changes for all of them.
  for (const key of [...rolling.keys(), ...unread.keys()]) if (!byService.has(key)) byService.set(key, []);
  const services = [...byService]
    .sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1))
    .map(([name, changes]) => reportService(diff, name, changes, rolling.get(name), unread.get(name) ?? []));
  const { cluster } = diff;
  return {
    ...(cluster === undefined ? {} : { cluster }),
    services,
    kustomizations: movingKustomizations(diff),
    connectivity: connectivityOf(diff.before, diff.after),
  };
}

const serviceOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }) =>
  `${namespace}/${name}`;

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job'];

function reportService(
  diff: ClusterDiff,
  name: string,
  changes: readonly ObjectChange[],
  rollout: Rollout | undefined,
  unread: readonly UnreadConfig[],
): ReportedService {
  const workloads = changes.filter(({ kind }) => WORKLOADS.includes(kind));
  const change = workloads.some(({ isAdded }) => isAdded)
    ? 'added'
    : workloads.some(({ isRemoved }) => isRemoved)
      ? 'removed'
      : 'changed';
  const anew = namedAnew(changes);
  return {
    ...(name === '' ? {} : { service: name }),
    change,
    summary: summaryOf(changes),
    effects: effectsOf(diff, name, change, changes, rollout, unread),
    objects: changes.map((one) => reportObject(one, anew.get(one))),
  };
}

/** The fields that differ; of one that takes the place of another under a name of its content, those of both. */
function fieldsOf(change: ObjectChange, was: ObjectChange | undefined): readonly FieldChange[] {
  if (!was) return change.fields;
  return fieldChanges(was.entry.object, change.entry.object).filter(({ path }) => path !== 'metadata.name');
}

function reportObject(change: ObjectChange, was?: ObjectChange): ReportedObject {
  const kind = change.isAdded ? 'added' : change.isRemoved ? 'removed' : change.isMoved ? 'moved' : 'changed';
  return {
    object: describeEntry(change.entry),
    change: kind,
    file: change.entry.file,
    fields: fieldsOf(change, was).map(({ path, before, after, isSecret, isOrder, isDerived }): ReportedField => {
      if (isSecret) return { path, note: 'secret' };
      return {
        path,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
        ...(isOrder ? { note: 'order' } : {}),
        ...(isDerived ? { isDerived } : {}),
      };
    }),
  };
}

/** Words for what changes, by the field, most telling first. */
const TOPICS: readonly [RegExp, string][] = [
  [/\.env\[|\.envFrom/, 'environment'],
  [/\.resources\b/, 'resources'],
  [/\.(command|args)\b/, 'command'],
  [/\.ports\b/, 'ports'],
  [/Probe\b/, 'probes'],
  [/securityContext/, 'security context'],
  [/\.volume/, 'volumes'],
  [/\.replicas$|minReplicas|maxReplicas/, 'number of pods'],
  [/^spec\.template\.metadata/, 'labels of its pods'],
  [/^spec\.template\b/, 'pod template'],
  [/^spec\.analysis\b/, 'canary analysis'],
  [/^metadata\.(labels|annotations)/, 'labels and annotations'],
];

function summaryOf(changes: readonly ObjectChange[]): string[] {
  const found: string[] = [];
  for (const change of changes) {
    const { kind, name, isAdded, isRemoved } = change;
    if (isAdded || isRemoved) {
      if (kind === 'Canary') found.push(isAdded ? 'canary on' : 'canary off');
      else if (!(kind === 'ConfigMap' && name.endsWith('.release')))
        found.push(`${kind}${WORKLOADS.includes(kind) ? '' : ` ${name}`} ${isAdded ? 'added' : 'removed'}`);
      continue;
    }
    if (change.isMoved) found.push(`moves from ${change.appliedBefore!.name} to ${change.appliedAfter!.name}`);
    if (kind === 'ConfigMap' && name.endsWith('.release')) continue;
    // What its chart makes of it tells more.
    if (kind === 'HelmRelease' && changes.some((one) => WORKLOADS.includes(one.kind))) continue;
    for (const { path, before, after } of change.written)
      found.push(
        /\bimage$/.test(path) && typeof before === 'string' && typeof after === 'string'
          ? `image ${imageStep(before, after)}`
          : topicOf(kind, name, path),
      );
  }
  return [...new Set(found)];
}

function topicOf(kind: string, name: string, path: string): string {
  const topic = TOPICS.find(([pattern]) => pattern.test(path))?.[1];
  if (WORKLOADS.includes(kind) || (kind === 'Canary' && topic !== undefined)) return topic ?? shortPath(path);
  if (kind === 'Canary') return `canary ${path.replace(/^spec\./, '')}`;
  return `${kind} ${name}`;
}

/** `v1 → v2` where the repository stays. */
function imageStep(before: string, after: string): string {
  const split = (image: string) => /^(.*?)([:@][^/]*)?$/.exec(image) ?? [];
  const [, was = before, old = ''] = split(before);
  const [, is = after, now = ''] = split(after);
  return was === is ? `${shortTag(old)} → ${shortTag(now)}` : `${before} → ${after}`;
}

const shortTag = (tag: string): string =>
  tag.replace(/^:/, '').replace(/(sha256:[0-9a-f]{12})[0-9a-f]+/, '$1') || '(no tag)';

function effectsOf(
  diff: ClusterDiff,
  name: string,
  change: ReportedService['change'],
  changes: readonly ObjectChange[],
  rollout: Rollout | undefined,
  unread: readonly UnreadConfig[],
): string[] {
  const effects: string[] = [];
  const waiting = new Set(changes.flatMap(({ waitsFor }) => waitsFor?.name ?? []));
  for (const suspended of waiting)
    effects.push(`nothing happens until somebody resumes Kustomization "${suspended}": it is suspended`);
  const removed = changes.filter(({ isRemoved }) => isRemoved);
  const pruned = removed.filter(({ isDeleted, isUncertain }) => isDeleted && !isUncertain);
  const left = removed.filter(({ isLeft, waitsFor }) => isLeft && !waitsFor);
  const uncertain = removed.filter(({ isUncertain, pruning }) => isUncertain && pruning === 'uncertain');
  const byFolder = removed.filter(({ isUncertain, pruning }) => isUncertain && pruning === 'by folder');
  const moved = changes.filter(({ isMoved }) => isMoved);
  if (change === 'added' && name !== '' && waiting.size === 0) effects.push(newService(diff, changes));
  const move = moved.length > 0 ? moveOf(diff, moved[0]!) : undefined;
  const isMadeAnew = move === 'later' || move === 'not made again';
  if (move) effects.push(moveTexts[move](moved[0]!.appliedBefore!.name, moved[0]!.appliedAfter!.name));
  // What is made anew has no rollout: its first version answers at once.
  if (rollout && !isMadeAnew) effects.push(rolloutText(rollout));
  for (const { change: config } of unread)
    effects.push(
      `no rollout: pods that run keep what they have read of ${describeEntry(config.entry)}; files of it follow within minutes, variables at the next start`,
    );
  if (pruned.length > 0) effects.push(`deleted: ${objectList(pruned)}`);
  const uninstalled = pruned.filter(({ kind }) => kind === 'HelmRelease').map((one) => one.name);
  if (uninstalled.length > 0)
    effects.push(
      `Helm uninstalls ${someOf(uninstalled)}: what ${uninstalled.length === 1 ? 'its chart has' : 'their charts have'} made goes too`,
    );
  if (left.length > 0) effects.push(`left in the cluster, as what applied it lets it be: ${objectList(left)}`);
  if (uncertain.length > 0)
    effects.push(
      `deleted or left, which is not certain, as the commit also changes whether "${uncertain[0]!.appliedBefore!.name}" prunes: ${objectList(uncertain)}`,
    );
  if (byFolder.length > 0)
    effects.push(
      `deleted where Git still has the folder "${byFolder[0]!.appliedBefore!.path}", else left, as Flux fails then: ${objectList(byFolder)}`,
    );
  const releases = changes.filter(
    ({ kind, isRemoved, written, waitsFor }) => kind === 'HelmRelease' && !isRemoved && written.length > 0 && !waitsFor,
  );
  for (const one of releases) {
    const { entry, name: release, isAdded } = one;
    const what = isAdded
      ? `installs ${release}`
      : reinstallReason(diff, one)
        ? `uninstalls ${release} and installs it anew`
        : `upgrades ${release}`;
    effects.push(`Helm ${what}${diff.hasChartObjects(entry) ? '' : ': what its chart makes of it is not seen here'}`);
  }
  const followers = chartFollowers(diff, changes);
  if (followers.length > 0)
    effects.push(
      `Helm upgrades ${someOf(followers)}, whose chart is another one: what it makes of it is not seen here`,
    );
  const canary = changes.find(({ kind, isAdded }) => kind === 'Canary' && isAdded);
  if (canary && change === 'changed' && !canary.waitsFor)
    effects.push(
      `Flagger makes a primary of the pods that run, waits until it is ready, and scales the ${textKind(diff, canary)} to zero`,
    );
  const [jobs, cronJobs] = (['Job', 'CronJob'] as const).map((kind) =>
    changes.filter((one) => one.kind === kind && one.before && one.after && !one.waitsFor),
  ) as [ObjectChange[], ObjectChange[]];
  for (const one of jobs)
    if (frozenField(one) && isForced(one))
      effects.push(`Flux deletes Job ${one.name} and makes it again: it runs anew`);
  const next = cronJobs.filter(({ written }) => written.some(({ path }) => path.startsWith('spec.')));
  if (next.length > 0)
    effects.push(`CronJob ${someOf(next.map((one) => one.name))}: as it is now from the next run on`);
  if (effects.length === 0 && name !== '' && changes.length > 0)
    effects.push('no rollout: nothing that its pods are made of changes');
  return effects;
}

/** Releases that change in nothing but the chart that their source gives. */
function chartFollowers(diff: ClusterDiff, changes: readonly ObjectChange[]): string[] {
  const sources = changes.filter(
    ({ kind, before, after, fields, waitsFor }) =>
      SOURCES.includes(kind) && before && after && !waitsFor && fields.some(({ path }) => CHART_FIELDS.test(path)),
  );
  const changed = new Set(diff.of('HelmRelease').flatMap(({ after, written }) => (written.length > 0 ? [after] : [])));
  return diff.after
    .helmReleases()
    .filter(({ entry, source }) => !changed.has(entry) && sources.some(({ after }) => after === source))
    .map(({ name }) => name);
}

/** What a `chartRef` can name, where the chart itself is not in the tree. */
const SOURCES = ['OCIRepository', 'HelmChart'];
const CHART_FIELDS = /^spec\.(ref|url|chart|version)\b/;

const MOST_NAMED = 4;

function someOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return more > 1 ? `${names.slice(0, MOST_NAMED).join(', ')} and ${more} more` : names.join(', ');
}

function textKind(diff: ClusterDiff, { namespace, name }: ObjectChange): string {
  return diff.after.canary(namespace, name)?.targetRef.kind ?? 'Deployment';
}

function newService(diff: ClusterDiff, changes: readonly ObjectChange[]): string {
  const canary = changes.find(({ kind, isAdded }) => kind === 'Canary' && isAdded);
  const applied = changes.find(({ appliedAfter }) => appliedAfter)?.appliedAfter;
  const where = applied ? ` by Kustomization "${applied.name}"` : '';
  return canary && diff.after.canary(canary.namespace, canary.name)
    ? `new${where}: the first version becomes the primary without an analysis`
    : `new${where}`;
}

const moveTexts: Readonly<Record<Move, (from: string, to: string) => string>> = {
  later: (from, to) => `deleted by "${from}" and made again by "${to}" once that is Ready: down meanwhile`,
  'taken over': (from, to) => `"${to}" takes it over before "${from}" lets it go: nothing is deleted`,
  race: (from, to) =>
    `"${from}" deletes it unless "${to}" is first, which is not certain: deleted, it is made again when "${to}" comes to it, and down meanwhile`,
  'not made again': (from, to) => `deleted by "${from}", and "${to}", which is suspended, does not make it again`,
};

function rolloutText({ workload, canary, seconds, rollbackSeconds, stopsFirst }: Rollout): string {
  if (canary) {
    if (seconds === undefined) return 'no rollout: its Canary is suspended';
    const { strategy, weights } = canary.rollout;
    const how = canary.skipAnalysis
      ? 'without an analysis'
      : strategy === 'canary'
        ? `canary in ${weights.length} ${weights.length === 1 ? 'step' : 'steps'} to ${weights.at(-1) ?? 0} %`
        : strategy === 'a/b'
          ? 'A/B test'
          : 'blue/green';
    return `rolls out, ${how}: at most ${duration(seconds)}, and ${duration(rollbackSeconds!)} until a bad version has been taken back`;
  }
  if (stopsFirst) return `rolls out, and is down meanwhile: its pods stop before new ones start${bound(seconds)}`;
  const how =
    workload.kind === 'StatefulSet' ? 'pod by pod' : workload.kind === 'DaemonSet' ? 'node by node' : 'in place';
  return `rolls out ${how}${bound(seconds)}`;
}

const bound = (seconds: number | undefined): string =>
  seconds === undefined ? '' : `; failed when it makes no progress for ${duration(seconds)}`;

/** `9m`, `1h30m`, `45s`. */
export function duration(seconds: number): string {
  const [hours, minutes, rest] = [
    Math.floor(seconds / 3600),
    Math.floor((seconds % 3600) / 60),
    Math.round(seconds % 60),
  ];
  const parts = [hours > 0 && `${hours}h`, minutes > 0 && `${minutes}m`, (rest > 0 || seconds < 60) && `${rest}s`];
  return parts.filter((part) => part !== false).join('');
}

function objectList(changes: readonly ObjectChange[]): string {
  const byKind = new Map<string, string[]>();
  for (const { kind, name } of changes) byKind.set(kind, [...(byKind.get(kind) ?? []), name]);
  return [...byKind].map(([kind, names]) => `${kind} ${someOf(names)}`).join('; ');
}
