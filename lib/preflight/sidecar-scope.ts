import { at, hostMatches, isFields, listAt, numberAt, textMapAt, textsAt } from '../kube';
import type { Entry, Workload, World } from '../world';

/** The Sidecar of the workload, where none of its egress hosts means the Service. */
export function hidingSidecar(
  world: World,
  workload: Workload,
  namespace: string,
  name: string,
  port: number | undefined,
): Entry | undefined {
  const entry = sidecarOf(world, workload);
  const egress = listAt(entry?.object, 'spec', 'egress').filter(isFields);
  if (!entry || egress.length === 0) return undefined;
  const host = `${name}.${namespace}.svc.cluster.local`;
  const isKnown = egress.some((listener) => {
    // A listener with a port serves the Services that have it.
    const own = numberAt(at(listener, 'port'), 'number');
    if (own !== undefined && port !== undefined && own !== port) return false;
    const hosts = textsAt(listener, 'hosts');
    const names = (text: string) => namesService(text, workload.namespace, namespace, host);
    return (
      hosts.some((text) => !text.startsWith('~') && names(text)) &&
      !hosts.some((text) => text.startsWith('~') && names(text.slice(1).replace(/^\//, '*/')))
    );
  });
  return isKnown ? undefined : entry;
}

/** Whether an egress host (`namespace/dnsName`) means the Service. */
function namesService(text: string, own: string, namespace: string, host: string): boolean {
  const [space = '', name = ''] = text.split('/');
  const isThere = space === '*' || (space === '.' ? own : space) === namespace;
  return isThere && hostMatches(name, host);
}

/** The one Sidecar that counts: that of the workload, else of its namespace, else of the mesh. */
function sidecarOf(world: World, workload: Workload): Entry | undefined {
  const found = world.selecting('Sidecar', workload);
  const isOfPods = (entry: Entry) =>
    Object.keys(textMapAt(entry.object, 'spec', 'workloadSelector', 'labels')).length > 0;
  const own = found.filter((entry) => entry.namespace === workload.namespace);
  return (
    own.find(isOfPods) ??
    own.find((entry) => !isOfPods(entry)) ??
    found.find((entry) => entry.namespace === world.istioRootNamespace && !isOfPods(entry))
  );
}
