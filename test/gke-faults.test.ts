import { variants } from '../e2e/variants';
import { loadCatalog } from '../lib/catalog';
import { planUnits } from '../lib/charts';
import type { KubeObject } from '../lib/kube';
import { runPreflight } from '../lib/preflight';
import { renderUnit } from '../lib/synth/render';
import { buildWorld, worldInputs } from '../lib/world';

const text = JSON.stringify(variants.find(({ name }) => name === 'gke')!.catalog);

type Editable = KubeObject & { spec: any; metadata: any };

/** The management tree of a cluster, as objects that a test may spoil. */
function management(cluster: string): Editable[] {
  const { catalog } = loadCatalog(text, 'services.json');
  const unit = planUnits(catalog!).find(({ id }) => id === `management/${cluster}`)!;
  const objects = renderUnit(unit).files.flatMap(({ documents }) => documents as KubeObject[]);
  return structuredClone(objects.filter(({ metadata }) => metadata !== undefined)) as Editable[];
}

/** What preflight says of Google's objects after one fault was planted. */
function said(cluster: string, spoil: (objects: Editable[]) => unknown): string[] {
  const objects = management(cluster);
  const spoilt = (spoil(objects) as Editable[] | undefined) ?? objects;
  const written = spoilt.map((object, document) => ({ object, origin: { file: 'management.yaml', document } }));
  return runPreflight(buildWorld(worldInputs({ objects: written })))
    .findings.filter(({ code }) => code.startsWith('gcp-'))
    .map(({ code, message }) => `${code}: ${message}`);
}

const of = (objects: Editable[], kind: string, name?: string): Editable => {
  const found = objects.find((one) => one.kind === kind && (name === undefined || one.metadata.name === name));
  if (!found) throw new Error(`the tree has no ${kind} ${name ?? ''}`);
  return found;
};
const without = (kind: string, name?: string) => (objects: Editable[]) =>
  objects.filter((one) => one.kind !== kind || (name !== undefined && one.metadata.name !== name));

test.each(['small', 'large'])('%s is sound', (cluster) => {
  expect(said(cluster, () => undefined)).toEqual([]);
});

test.each<[string, 'small' | 'large', (objects: Editable[]) => unknown, string[]]>([
  [
    'a network that nobody makes',
    'small',
    without('ComputeNetwork'),
    [
      'gcp-reference-missing: ComputeSubnetwork "small" refers to ComputeNetwork "small" in namespace "example-shop", which nobody makes',
      'gcp-reference-missing: ComputeRouter "small" refers to ComputeNetwork "small" in namespace "example-shop", which nobody makes',
      'gcp-reference-missing: ContainerCluster "small" refers to ComputeNetwork "small" in namespace "example-shop", which nobody makes',
    ],
  ],
  [
    'a router that is gone',
    'large',
    without('ComputeRouter'),
    [
      'gcp-reference-missing: ComputeRouterNAT "large" refers to ComputeRouter "large" in namespace "google", which nobody makes',
      'gcp-nodes-without-egress: the nodes of "large" are private, and network "large" has no NAT in europe-west3',
    ],
  ],
  [
    'no NAT for private nodes',
    'small',
    without('ComputeRouterNAT'),
    ['gcp-nodes-without-egress: the nodes of "small" are private, and network "small" has no NAT in europe-west3'],
  ],
  [
    'pods in the range of the nodes',
    'large',
    (objects) => {
      const subnet = of(objects, 'ComputeSubnetwork');
      subnet.spec.secondaryIpRange[0].ipCidrRange = subnet.spec.ipCidrRange;
    },
    [
      'gcp-ranges-overlap: the range "pods" of subnet "large", 10.16.0.0/20, overlaps with the range of subnet "large", 10.16.0.0/20',
    ],
  ],
  [
    'a range with bits behind its prefix',
    'small',
    (objects) => {
      of(objects, 'ComputeSubnetwork').spec.ipCidrRange = '10.0.1.1/20';
    },
    [
      'gcp-ranges-overlap: the range of subnet "small" "10.0.1.1/20" has bits behind the prefix; "10.0.0.0/20" begins there',
    ],
  ],
  [
    'more nodes than the range has pods for',
    'large',
    (objects) => {
      of(objects, 'ComputeSubnetwork').spec.secondaryIpRange[0].ipCidrRange = '10.32.0.0/22';
    },
    [
      'gcp-pod-range-too-small: the 26 nodes that the pools of "large" may have take 3328 addresses for pods, and the range "pods", 10.32.0.0/22, has 1024',
    ],
  ],
  [
    'a range by another name',
    'small',
    (objects) => {
      of(objects, 'ComputeSubnetwork').spec.secondaryIpRange[1].rangeName = 'svc';
    },
    ['gcp-range-missing: the cluster "small" takes the range "services", which subnet "small" does not have'],
  ],
  [
    'an API that nobody enables',
    'large',
    (objects) =>
      objects.filter(
        (one) => one.kind !== 'Service' || !/artifactregistry/.test(`${one.spec?.resourceID} ${one.metadata.name}`),
      ),
    [
      'gcp-api-not-enabled: ArtifactRegistryRepository "shop" is made by artifactregistry.googleapis.com, and no Service enables that',
    ],
  ],
  [
    'a name that is too long',
    'small',
    (objects) => {
      of(objects, 'ContainerCluster').spec.resourceID = 'online-boutique-production-europe-west3-a-b';
    },
    ['gcp-invalid-name: the name "online-boutique-production-europe-west3-a-b" of ContainerCluster has 43 characters'],
  ],
  [
    'an account whose name is too short',
    'large',
    (objects) => {
      of(objects, 'IAMServiceAccount').spec.resourceID = 'flux';
    },
    ['gcp-invalid-name: the name "flux" of IAMServiceAccount has 4 characters'],
  ],
  [
    'a zone without a dot at its end',
    'large',
    (objects) => {
      of(objects, 'DNSManagedZone').spec.dnsName = 'example.com';
    },
    ['gcp-invalid-name: DNSManagedZone "large-zone" has the DNS name "example.com" without a dot at its end'],
  ],
  [
    'a pool with more nodes at least than at most',
    'large',
    (objects) => {
      of(objects, 'ContainerNodePool').spec.autoscaling.minNodeCount = 20;
    },
    ['gcp-node-pool-bounds: pool "large-default" has minNodeCount 20 and maxNodeCount 10'],
  ],
  [
    'an upgrade that may do nothing',
    'small',
    (objects) => {
      of(objects, 'ContainerNodePool').spec.upgradeSettings = { maxSurge: 0, maxUnavailable: 0 };
    },
    ['gcp-node-pool-bounds: an upgrade of pool "small-default" may neither add a node nor take one away'],
  ],
  [
    'no workload identity',
    'small',
    (objects) => {
      delete of(objects, 'ContainerCluster').spec.workloadIdentityConfig;
    },
    ['gcp-workload-identity: the cluster "small" has no workload identity: its pods get the node\'s account'],
  ],
  [
    'nodes that show their account',
    'large',
    (objects) => {
      of(objects, 'ContainerNodePool').spec.nodeConfig.workloadMetadataConfig = { mode: 'GCE_METADATA' };
    },
    ['gcp-workload-identity: the nodes of pool "large-default" show their own account to pods (GCE_METADATA)'],
  ],
  [
    'a binding of another pool of identities',
    'large',
    (objects) => {
      const binding = objects.find((one) => one.kind === 'IAMPolicyMember' && /svc\.id\.goog/.test(one.spec.member))!;
      binding.spec.member = binding.spec.member.replace('example-shop', 'other');
    },
    [
      'gcp-workload-identity: "external-secrets-workload-identity" binds pods of the pool other.svc.id.goog, and the clusters have example-shop.svc.id.goog',
    ],
  ],
  [
    'a registry that dies with its object',
    'large',
    (objects) => {
      delete of(objects, 'ArtifactRegistryRepository').metadata.annotations;
    },
    [
      'gcp-data-deleted-with-object: ArtifactRegistryRepository "shop" does not say what becomes of it when its object goes from Git',
    ],
  ],
  [
    'a binding of an account that nobody makes',
    'large',
    without('IAMServiceAccount', 'cart-service'),
    [
      'gcp-reference-missing: IAMPolicyMember "cart-service-workload-identity" refers to IAMServiceAccount "cart-service" in namespace "google", which nobody makes',
    ],
  ],
])('%s', (_, cluster, spoil, expected) => {
  expect(said(cluster, spoil)).toEqual(expected);
});
