import type { Finding } from '../../findings';
import { isFields, type KubeObject, listAt, numberAt, parseImageReference, textAt, textMapAt } from '../../kube';
import type { LiveObjects } from '../live-objects';

/** Versions of which the rules know what they do. */
const KNOWN_MINORS = { flagger: 44, kubernetes: [34, 36] } as const;
const CRD_VERSIONS: Readonly<Record<string, string>> = { 'canaries.flagger.app': 'v1beta1' };

interface Installed {
  readonly object: KubeObject;
  readonly tag: string;
  readonly args: readonly string[];
}

/** Who has installed Flagger, Istio and Prometheus, in which version, and how often. */
export function installationFindings({ all, versions }: LiveObjects): Finding[] {
  const flaggers = withImage(all, /(^|\/)flagger$/);
  return [
    ...flaggersFindings(flaggers),
    ...kubernetesFindings(versions.kubernetes),
    ...definitionFindings(all),
    ...networkFindings(all),
    ...several(all, /(^|\/)pilot$/, 'istio-installed-twice', 'istiod'),
    ...several(all, /(^|\/)prometheus$/, 'several-prometheus', 'Prometheus'),
  ];
}

/** Workloads with a container of such an image. */
function withImage(objects: readonly KubeObject[], repository: RegExp): Installed[] {
  return objects.flatMap((object): Installed[] => {
    if (object.kind !== 'Deployment' && object.kind !== 'StatefulSet') return [];
    return listAt(object, 'spec', 'template', 'spec', 'containers').flatMap((container): Installed[] => {
      const image = parseImageReference(textAt(container, 'image') ?? '');
      if (!image.ok || !repository.test(image.value.repository)) return [];
      const args = listAt(container, 'args').filter((arg): arg is string => typeof arg === 'string');
      return [{ object, tag: image.value.tag ?? '', args }];
    });
  });
}

function flaggersFindings(flaggers: readonly Installed[]): Finding[] {
  const findings: Finding[] = [];
  for (const { object, tag } of flaggers) {
    const minor = Number(/^v?1\.(\d+)\./.exec(`${tag}.`)?.[1] ?? Number.NaN);
    if (numberAt(object, 'status', 'readyReplicas') === undefined && numberAt(object, 'spec', 'replicas') !== 0)
      findings.push(
        finding('flagger-not-running', 'error', object, {
          message: `${named(object)} has no ready pod: no rollout begins or goes on`,
          cause: 'Flagger looks at Canaries only while it runs',
          fix: `look at its pods: kubectl --namespace ${object.metadata.namespace} describe pods`,
        }),
      );
    if (minor < KNOWN_MINORS.flagger - 4 || minor > KNOWN_MINORS.flagger)
      findings.push(
        finding('version-unknown', 'info', object, {
          message: `Flagger ${tag} runs; what is said here is known of 1.${KNOWN_MINORS.flagger}`,
          cause: 'other versions have other queries, defaults and faults',
          fix: `take a finding about Flagger as a hint, or install 1.${KNOWN_MINORS.flagger}`,
        }),
      );
  }
  // One that watches a namespace leaves the others to the next.
  const byNamespace = new Map<string, Installed[]>();
  for (const one of flaggers) {
    const watched = one.args.map((arg) => /^-{1,2}namespace=(.+)$/.exec(arg)?.[1]).find(Boolean) ?? '';
    byNamespace.set(watched, [...(byNamespace.get(watched) ?? []), one]);
  }
  const everywhere = byNamespace.get('') ?? [];
  for (const [watched, some] of byNamespace) {
    const both = watched === '' ? some : [...some, ...everywhere];
    if (both.length < 2) continue;
    findings.push(
      finding('flagger-installed-twice', 'error', both[0]!.object, {
        message: `${both.map(({ object }) => named(object)).join(' and ')} both act on the Canaries of ${watched === '' ? 'all namespaces' : `namespace "${watched}"`}`,
        cause: 'each moves weights and scales pods by what it has seen itself, against the other',
        fix: 'remove one of them, or give each a namespace of its own (-namespace)',
      }),
    );
  }
  return findings;
}

function kubernetesFindings(version: string | undefined): Finding[] {
  const minor = Number(/^v?1\.(\d+)/.exec(version ?? '')?.[1] ?? Number.NaN);
  const [oldest, newest] = KNOWN_MINORS.kubernetes;
  if (Number.isNaN(minor) || (minor >= oldest && minor <= newest)) return [];
  return [
    {
      code: 'version-unknown',
      severity: 'info',
      place: {},
      message: `Kubernetes ${version} runs; the trees are tried on 1.${oldest} to 1.${newest}`,
      cause: minor < oldest ? 'fields of newer versions are dropped without a word' : 'versions of objects may be gone',
      fix: 'look at what the API server warns of when Flux applies the tree',
    },
  ];
}

function definitionFindings(objects: readonly KubeObject[]): Finding[] {
  return objects.flatMap((object): Finding[] => {
    const wanted = object.kind === 'CustomResourceDefinition' ? CRD_VERSIONS[object.metadata.name] : undefined;
    if (wanted === undefined) return [];
    const served = listAt(object, 'spec', 'versions')
      .filter((version) => isFields(version) && version.served === true)
      .map((version) => textAt(version, 'name'));
    if (served.includes(wanted)) return [];
    return [
      finding('definition-old', 'error', object, {
        message: `the definition of ${object.metadata.name} serves ${served.join(', ') || 'no version'}, not ${wanted}`,
        cause: 'Flagger reads and Flux applies that version alone',
        fix: 'apply the definitions of the Flagger that runs (crds/crd.yaml of its chart)',
      }),
    ];
  });
}

/** DaemonSets that enforce NetworkPolicies, by image: Calico (Canal too), Cilium (GKE's too), Antrea, kube-router, Weave, Kube-OVN, Azure's, kindnet. */
const ENFORCING =
  /(calico|cilium|anetd|antrea|kube-router|weave-npc|kube-ovn|ovnkube|azure-npm|kindnetd|kube-network-policies)/;
/** Those that only connect pods. @see flannel-io/flannel README (no network policy); aws/amazon-vpc-cni-k8s docs (network policy is off by default) */
const CONNECTING = /(^|\/)(flannel|amazon-k8s-cni)$/;

/** NetworkPolicies that nobody enforces; where what connects the pods is not known, nothing is said. */
function networkFindings(objects: readonly KubeObject[]): Finding[] {
  const policy = objects.find(({ kind }) => kind === 'NetworkPolicy');
  if (!policy) return [];
  const containers = objects.flatMap((object) =>
    object.kind === 'DaemonSet'
      ? listAt(object, 'spec', 'template', 'spec', 'containers').map((container) => ({ object, container }))
      : [],
  );
  const imageOf = (container: unknown): string => {
    const image = parseImageReference(textAt(container, 'image') ?? '');
    return image.ok ? image.value.repository : '';
  };
  const isEnforced = containers.some(
    ({ container }) =>
      ENFORCING.test(imageOf(container)) || listAt(container, 'args').includes('--enable-network-policy=true'),
  );
  const connecting = containers.find(({ container }) => CONNECTING.test(imageOf(container)));
  if (isEnforced || !connecting) return [];
  return [
    finding('network-policy-not-enforced', 'warning', connecting.object, {
      message: `${named(connecting.object)} connects the pods, and nothing enforces the NetworkPolicies, such as ${named(policy)}`,
      cause: 'the API server takes a NetworkPolicy whether or not somebody acts on it',
      fix:
        connecting.container && /amazon/.test(imageOf(connecting.container))
          ? 'switch on network policies of the VPC CNI (enableNetworkPolicy), or install Calico or Cilium beside it'
          : 'install Calico (Canal) beside flannel, or use a CNI that enforces them',
    }),
  ];
}

/** More than one: which of them counts is to be known. */
function several(objects: readonly KubeObject[], repository: RegExp, code: string, what: string): Finding[] {
  const found = withImage(objects, repository);
  const [first, ...more] = found;
  if (!first || more.length === 0) return [];
  const revisions = found.map(({ object }) => textMapAt(object, 'metadata', 'labels')['istio.io/rev'] ?? '');
  // Revisions side by side are how Istio is upgraded.
  if (code === 'istio-installed-twice' && new Set(revisions).size === found.length) return [];
  return [
    finding(code, code === 'several-prometheus' ? 'info' : 'warning', first.object, {
      message: `${what} is installed ${found.length} times: ${found.map(({ object }) => named(object)).join(', ')}`,
      cause:
        code === 'several-prometheus'
          ? 'Flagger asks one of them, which need not be the one that scrapes the mesh'
          : 'two control planes of one revision give the proxies different routes',
      fix:
        code === 'several-prometheus'
          ? 'look which one -metrics-server of Flagger names, and whether that scrapes the mesh'
          : 'remove one, or give each a revision',
    }),
  ];
}

const named = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.namespace}/${metadata.name}`;

function finding(
  code: string,
  severity: Finding['severity'],
  { kind, metadata }: KubeObject,
  words: Pick<Finding, 'message' | 'cause' | 'fix'>,
): Finding {
  const of = metadata.namespace === undefined ? '' : `${metadata.namespace}/`;
  return { code, severity, place: { object: `${kind} ${of}${metadata.name}` }, ...words };
}
