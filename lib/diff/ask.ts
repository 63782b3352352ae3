import {
  type Fields,
  fieldsAt,
  isFields,
  listAt,
  matchesLabels,
  parseImageReference,
  textAt,
  textMapAt,
} from '../kube';
import { describeEntry, type Entry, type Workload, type World } from '../world';
import type { DangerView } from './danger';
import { imagesOf } from './rollouts';

/** What dangers ask again and again. */

/** A workload before and after. */
export interface WorkloadPair {
  readonly before: Workload;
  readonly after: Workload;
}

/** Workloads that change and stay. */
export function changedWorkloads(diff: DangerView): WorkloadPair[] {
  return diff
    .of('Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job', 'Pod')
    .flatMap(({ before, after, kind, namespace, name }): WorkloadPair[] => {
      if (!before || !after) return [];
      const [was, is] = [diff.before, diff.after].map((world) => world.writtenWorkload(kind, namespace, name));
      return was && is ? [{ before: was, after: is }] : [];
    });
}

/** An image of one container, before and after. */
export interface ImagePair {
  readonly workload: Workload;
  readonly container: string;
  readonly pointer: string;
  readonly before: string;
  readonly after: string;
}

/** Images that change. */
export function changedImages(diff: DangerView): ImagePair[] {
  return changedWorkloads(diff).flatMap(({ before, after }) => {
    const were = imagesOf(before);
    return after.containers.flatMap(({ name, fields, pointer }): ImagePair[] => {
      const [was, is] = [were.get(name), textAt(fields, 'image')];
      return was === undefined || is === undefined || was === is
        ? []
        : [{ workload: after, container: name, pointer: `${pointer}/image`, before: was, after: is }];
    });
  });
}

/** A version as numbers, for comparisons. */
export interface Version {
  readonly numbers: readonly number[];
  readonly isPrerelease: boolean;
}

/** The version in a tag: `v1.4.2`, `1.4`, `2.0.0-rc.1`; undefined for one that is none, such as a date or a commit. */
export function versionOf(tag: string | undefined): Version | undefined {
  const match = /^v?(\d{1,4})\.(\d+)(?:\.(\d+))?([-.+].*)?$/.exec(tag ?? '');
  if (!match) return undefined;
  const [, major, minor, patch = '0', rest = ''] = match;
  return {
    numbers: [major, minor, patch].map(Number),
    isPrerelease: /^-(alpha|beta|rc|pre|dev)/i.test(rest),
  };
}

/** Negative where the first one is older. */
export function compareVersions(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] ?? 0;
    if (number !== other) return number - other;
  }
  return Number(b.isPrerelease) - Number(a.isPrerelease);
}

/** Tag and repository of an image; empty where it cannot be read. */
export function imageParts(image: string): {
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
} {
  const parsed = parseImageReference(image);
  return parsed.ok ? parsed.value : { repository: image };
}

/** Workloads whose pods a Service selects, by what was written. */
export function selectedBy(world: World, service: Entry): readonly Workload[] {
  const selector = textMapAt(service.object, 'spec', 'selector');
  return Object.keys(selector).length === 0 ? [] : world.writtenWorkloadsWith(service.namespace, selector);
}

/** Whether anything in a list of workloads has labels for a selector of matchLabels. */
export function selects(selector: Readonly<Record<string, string>>, workload: Workload): boolean {
  return matchesLabels({ matchLabels: selector }, workload.podLabels);
}

/** `Deployment "cart"`. */
export function named({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind} "${name}"`;
}

/** `a, b and 3 more`. */
export function listed(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most);
  const rest = names.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

export { describeEntry };

/** The rules of a Role, each as one line a permission. */
export function permissionsOf(role: Entry | undefined): Set<string> {
  const lines = new Set<string>();
  for (const rule of listAt(role?.object, 'rules')) {
    const fields = isFields(rule) ? rule : {};
    const lists = ['apiGroups', 'resources', 'verbs'].map((field) => textsOf(fields, field));
    for (const group of lists[0]!.length > 0 ? lists[0]! : [''])
      for (const resource of [...lists[1]!, ...textsOf(fields, 'nonResourceURLs')])
        for (const verb of lists[2]!) lines.add(`${verb} ${group === '' ? '' : `${group}/`}${resource}`);
  }
  return lines;
}

function textsOf(fields: Fields, field: string): string[] {
  return listAt(fields, field).filter((item): item is string => typeof item === 'string');
}

/** Hosts by which the cluster is reached from outside, with the object that says so. */
export function outsideHosts(world: World): Map<string, Entry> {
  const hosts = new Map<string, Entry>();
  const add = (host: string, entry: Entry) => {
    if (host.includes('.') && !/\.svc(\.|$)|\.local$/.test(host)) hosts.set(host, entry);
  };
  for (const route of world.writtenRoutes())
    if (route.isGateway) for (const host of route.hosts) add(host, route.entry);
  for (const canary of world.canaries())
    if (canary.gateways.some((gateway) => gateway !== 'mesh') || canary.gatewayRefs.length > 0)
      for (const host of canary.hosts) add(host, canary.entry);
  return hosts;
}

/** `spec` of an object. */
export function specOf(entry: Entry | undefined): Fields {
  return fieldsAt(entry?.object, 'spec');
}
