import { fieldsAt, isFields, listAt, textAt } from '../kube';
import type { CanaryView, Entry, Injection, World } from '../world';

type Asked = Pick<Injection, 'sidecar' | 'reason' | 'entry'> & { readonly fix: string };

/**
 * Whether the pods of the target get a proxy of the Canary's mesh, where that is Kuma or Linkerd; undefined for other
 * providers, and where nothing is known of the namespace.
 * @see kumahq/kuma 2.12 docs (Data plane on Kubernetes: labels only since 2.0); linkerd/linkerd2 docs (Automatic Proxy Injection: annotations)
 */
export function otherInjection(world: World, canary: CanaryView): Asked | undefined {
  const { target } = canary;
  if (!target) return undefined;
  const namespace = world.given('Namespace', '', canary.namespace);
  if (canary.provider.value === 'kuma') return kuma(target.entry, target.podLabels, namespace);
  if (canary.provider.value === 'linkerd') return linkerd(target.entry, target.podAnnotations, namespace);
  return undefined;
}

const kumaKey = 'kuma.io/sidecar-injection';

function kuma(
  target: Entry,
  podLabels: Readonly<Record<string, string>>,
  namespace: Entry | undefined,
): Asked | undefined {
  const own = podLabels[kumaKey];
  const value = own ?? namespace?.labels[kumaKey];
  if (value === 'enabled' || value === 'true') return { sidecar: 'yes', reason: '', fix: '' };
  if (own !== undefined)
    return no(
      target,
      `the pods of ${target.kind} "${target.name}" have the label ${kumaKey}=${own}`,
      'remove that label',
    );
  if (!namespace) return undefined;
  const fix = `write the label ${kumaKey}: enabled into Namespace "${namespace.name}", and restart its pods`;
  if (namespace.annotations[kumaKey] !== undefined)
    return no(
      namespace,
      `Namespace "${namespace.name}" has ${kumaKey} as an annotation, and Kuma reads the label of that name`,
      fix,
    );
  return no(namespace, `Namespace "${namespace.name}" has no label ${kumaKey}=enabled`, fix);
}

const linkerdKey = 'linkerd.io/inject';

function linkerd(
  target: Entry,
  podAnnotations: Readonly<Record<string, string>>,
  namespace: Entry | undefined,
): Asked | undefined {
  const own = podAnnotations[linkerdKey];
  const value = own ?? namespace?.annotations[linkerdKey];
  if (value === 'enabled' || value === 'ingress') return { sidecar: 'yes', reason: '', fix: '' };
  if (own !== undefined)
    return no(
      target,
      `the pods of ${target.kind} "${target.name}" have the annotation ${linkerdKey}: ${own}`,
      'remove that annotation',
    );
  if (!namespace) return undefined;
  const fix = `write the annotation ${linkerdKey}: enabled into Namespace "${namespace.name}", and restart its pods`;
  if (namespace.labels[linkerdKey] !== undefined)
    return no(
      namespace,
      `Namespace "${namespace.name}" has ${linkerdKey} as a label, and Linkerd reads the annotation of that name`,
      fix,
    );
  return no(namespace, `Namespace "${namespace.name}" has no annotation ${linkerdKey}: enabled`, fix);
}

const no = (entry: Entry, reason: string, fix: string): Asked => ({ sidecar: 'no', reason, entry, fix });

/** The Mesh of Kuma in which the Canary's pods are, when it encrypts and so refuses what nothing permits. */
export function encryptingMesh(world: World, canary: CanaryView): Entry | undefined {
  const wanted =
    canary.entry.annotations['kuma.io/mesh'] ??
    world.given('Namespace', '', canary.namespace)?.labels['kuma.io/mesh'] ??
    'default';
  return world
    .ofKind('Mesh', 'kuma.io')
    .find((mesh) => mesh.name === wanted && textAt(mesh.object, 'spec', 'mtls', 'enabledBackend') !== undefined);
}

/** Whether some permission of Kuma lets anything through: which, is not judged. */
export function permitsTraffic(world: World): boolean {
  return ['TrafficPermission', 'MeshTrafficPermission'].some((kind) =>
    world.ofKind(kind, 'kuma.io').some(({ object }) => {
      const spec = fieldsAt(object, 'spec');
      const rules = [...listAt(spec, 'from'), ...listAt(spec, 'rules')];
      return kind === 'TrafficPermission' || rules.length === 0 || rules.some((rule) => isFields(rule));
    }),
  );
}
