import type { LiveObject } from '../lib/kube-client';
import { type Fields, fieldsOf, listOf, only } from './understood';

/** Namespace whose Sidecar without a selector holds everywhere. */
const ROOT = 'istio-system';

/**
 * The Sidecar by which a pod's proxy does not know a host and refuses it. Undefined: it knows it.
 * @see istio.io 1.31 reference/config/networking/sidecar
 * @throws where the Sidecar has a form that is not read here
 */
export function hiddenBy(
  sidecars: readonly LiveObject[],
  pod: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> },
  service: { readonly name: string; readonly namespace: string },
): string | undefined {
  const sidecar = sidecarOf(sidecars, pod);
  if (!sidecar) return undefined;
  const where = `Sidecar ${sidecar.metadata.namespace}/${sidecar.metadata.name}`;
  const { spec } = sidecar;
  only(spec, ['workloadSelector', 'outboundTrafficPolicy', 'egress'], where);
  const host = `${service.name}.${service.namespace}.svc.cluster.local`;
  const isKnown = listOf(spec.egress).some((listener) => {
    only(listener, ['hosts'], where);
    return ((listener.hosts ?? []) as string[]).some((one) => isHost(one, service.namespace, host, pod.namespace));
  });
  if (isKnown) return undefined;
  // Unrouted, but let through: what the weights then are, nobody asked of this imitation yet.
  if (fieldsOf(spec.outboundTrafficPolicy).mode !== 'REGISTRY_ONLY')
    throw new Error(`${where}: the mesh imitation does not understand a host beside egress without REGISTRY_ONLY`);
  return `${where} does not name ${host}`;
}

/** One that selects the pod, else its namespace's, else the mesh's. */
function sidecarOf(
  sidecars: readonly LiveObject[],
  { namespace, labels }: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> },
): LiveObject | undefined {
  const isAbout = (selector: Fields): boolean =>
    Object.entries(fieldsOf(selector.labels)).every(([key, value]) => labels[key] === value);
  const own = sidecars.filter(({ metadata }) => metadata.namespace === namespace);
  return (
    own.find(({ spec }) => spec.workloadSelector && isAbout(fieldsOf(spec.workloadSelector))) ??
    own.find(({ spec }) => !spec.workloadSelector) ??
    sidecars.find(({ metadata, spec }) => metadata.namespace === ROOT && !spec.workloadSelector)
  );
}

/** `<namespace>/<name>` as egress names hosts. */
function isHost(pattern: string, namespace: string, host: string, own: string): boolean {
  const [space = '', name = ''] = pattern.split('/');
  const isSpace = space === '*' || space === namespace || (space === '.' && namespace === own);
  const isName = name === '*' || name === host || (name.startsWith('*.') && host.endsWith(name.slice(1)));
  return isSpace && isName;
}
