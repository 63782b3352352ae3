import { at, booleanAt, type LabelSelector, labelSelectorOf, matchesLabels, rememberedFor, textsAt } from '../kube';
import type { Entry, World } from '../world';

/** ServiceMonitors by namespace (`*` for all) and one label of their selector: asks only those that may match. */
const indexed = rememberedFor((world: World): ReadonlyMap<string, readonly Entry[]> => {
  const index = new Map<string, Entry[]>();
  for (const entry of world.ofKind('ServiceMonitor')) {
    const { isAny, names } = namespacesOf(entry);
    const [label] = Object.entries(selectorOf(entry).matchLabels ?? {});
    for (const namespace of isAny ? ['*'] : names) {
      const key = `${namespace} ${label ? label.join('=') : ''}`;
      const list = index.get(key);
      if (list) list.push(entry);
      else index.set(key, [entry]);
    }
  }
  return index;
});

/** The namespaces in which a ServiceMonitor or PodMonitor looks: its own where it names none. */
function namespacesOf({ object, namespace }: Entry): { readonly isAny: boolean; readonly names: readonly string[] } {
  const names = textsAt(object, 'spec', 'namespaceSelector', 'matchNames');
  return {
    isAny: booleanAt(object, 'spec', 'namespaceSelector', 'any') === true,
    names: names.length > 0 ? names : [namespace],
  };
}

/** Whether a ServiceMonitor or PodMonitor looks into the namespace. */
export function monitorReaches(entry: Entry, namespace: string): boolean {
  const { isAny, names } = namespacesOf(entry);
  return isAny || names.includes(namespace);
}

/** The ServiceMonitors that select a Service of the namespace with the labels. */
export function serviceMonitorsOf(world: World, namespace: string, labels: Readonly<Record<string, string>>): Entry[] {
  const wanted = ['', ...Object.entries(labels).map((label) => label.join('='))];
  return [namespace, '*']
    .flatMap((scope) => wanted.flatMap((label) => indexed(world).get(`${scope} ${label}`) ?? []))
    .filter((entry) => matchesLabels(selectorOf(entry), labels));
}

function selectorOf({ object }: Entry): LabelSelector {
  return labelSelectorOf(at(object, 'spec', 'selector'));
}
