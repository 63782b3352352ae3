import { at, booleanAt, type LabelSelector, labelSelectorOf, matchesLabels, textsAt } from '../kube';
import type { Entry, World } from '../world';

/** ServiceMonitors by namespace (`*` for all) and one label of their selector: asks only those that may match. */
export type ServiceMonitors = ReadonlyMap<string, readonly Entry[]>;

/** The index of all ServiceMonitors. */
export function indexServiceMonitors(world: World): ServiceMonitors {
  const index = new Map<string, Entry[]>();
  for (const entry of world.ofKind('ServiceMonitor')) {
    const names = textsAt(entry.object, 'spec', 'namespaceSelector', 'matchNames');
    const isAny = booleanAt(entry.object, 'spec', 'namespaceSelector', 'any') === true;
    const [label] = Object.entries(selectorOf(entry).matchLabels ?? {});
    for (const namespace of isAny ? ['*'] : names.length > 0 ? names : [entry.namespace]) {
      const key = `${namespace} ${label ? label.join('=') : ''}`;
      const list = index.get(key);
      if (list) list.push(entry);
      else index.set(key, [entry]);
    }
  }
  return index;
}

/** Those that select a Service of the namespace with the labels. */
export function serviceMonitorsOf(
  monitors: ServiceMonitors,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Entry[] {
  const wanted = ['', ...Object.entries(labels).map((label) => label.join('='))];
  return [namespace, '*']
    .flatMap((scope) => wanted.flatMap((label) => monitors.get(`${scope} ${label}`) ?? []))
    .filter((entry) => matchesLabels(selectorOf(entry), labels));
}

function selectorOf({ object }: Entry): LabelSelector {
  return labelSelectorOf(at(object, 'spec', 'selector'));
}
