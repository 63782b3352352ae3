import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import * as kustomize from '../../imports/kustomize.toolkit.fluxcd.io';
import { kustomizationFile } from './flux-bootstrap';
import { addNamespace } from './kube-namespace';
import { ManifestFile } from './manifest-file';

/** Nodes of one kind. */
export interface GkeNodePool {
  /** At most 40 characters. */
  readonly name: string;
  /** @default 'e2-standard-4': 4 CPU and 16 GiB, room for sidecars beside services */
  readonly machineType?: string;
  /** Of each zone. @default 1 */
  readonly minNodes?: number;
  /** Of each zone. @default 3 */
  readonly maxNodes?: number;
  /** Nodes that Google may take back within seconds: cheap, for what can be interrupted. @default false */
  readonly spot?: boolean;
  /** @default 100: images and logs */
  readonly diskSizeGb?: number;
  /** @default 'pd-balanced' */
  readonly diskType?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly { readonly key: string; readonly value: string; readonly effect: string }[];
}

/** An account of Google's that pods of the cluster use by workload identity. */
export interface GkeWorkloadAccount {
  /** Name of the account, 6 to 30 characters. */
  readonly name: string;
  /** Namespace and account of the pods. */
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Roles in the project: as few as it needs. @default none */
  readonly roles?: readonly string[];
}

/** What a cluster of GKE is to be; project and region are enough. */
export interface GkeClusterProps {
  /** Name of the cluster and beginning of what belongs to it; at most 40 characters. @default the construct's id */
  readonly name?: string;
  /** Id of the project. */
  readonly project: string;
  /** A region, not a zone: the control plane then survives the loss of a zone. */
  readonly region: string;
  /** Namespace of Config Connector for the project. @default the project's id, Config Connector's own habit */
  readonly namespace?: string;
  /** Zones of the nodes. @default all that GKE takes, three */
  readonly zones?: readonly string[];
  /** @default 'REGULAR': patches come by themselves, after they have been seen in RAPID */
  readonly releaseChannel?: 'RAPID' | 'REGULAR' | 'STABLE';
  readonly ranges?: {
    /** @default '10.0.0.0/20': 4,092 nodes */
    readonly nodes?: string;
    /** @default '10.4.0.0/14': 1,024 nodes of 110 pods */
    readonly pods?: string;
    /** @default '10.8.0.0/20': 4,096 Services */
    readonly services?: string;
    /** Of the control plane, a /28. @default '172.16.0.0/28' */
    readonly controlPlane?: string;
  };
  /** GKE gives a node twice as many addresses. @default 110, GKE's own */
  readonly maxPodsPerNode?: number;
  /** @default one pool `default` */
  readonly nodePools?: readonly GkeNodePool[];
  /** The control plane has no public address: reach it from the network, or by a bastion. @default false */
  readonly privateEndpoint?: boolean;
  /** Who may reach the public address of the control plane. @default nobody from outside Google's own addresses of the cluster */
  readonly authorizedNetworks?: readonly { readonly name: string; readonly range: string }[];
  /** When Google may upgrade. @default weekends, 02:00 to 08:00 UTC: GKE asks for 48 hours in 32 days */
  readonly maintenance?: { readonly start: string; readonly end: string; readonly recurrence: string };
  /** What becomes of what holds data when its object goes from Git. @default 'abandon': it stays */
  readonly deletionPolicy?: 'abandon' | 'delete';
  /** A Docker repository. @default one of the cluster's name; false: none */
  readonly registry?: false | { readonly name: string };
  /** A public zone whose `*.<domain>` leads to the gateway's address. @default none */
  readonly dns?: { readonly domain: string };
  /** Registers the cluster in the project's fleet; `mesh`: Google runs Istio's control plane. @default none */
  readonly fleet?: { readonly mesh?: boolean };
  /** Accounts of pods. Flux reads the registry and External Secrets reads secrets where they are named. @default none */
  readonly workloads?: readonly GkeWorkloadAccount[];
}

const MANAGED = { 'app.kubernetes.io/managed-by': 'aviary' };
/** @see cloud.google.com/config-connector/docs/reference/annotations */
const DELETION_POLICY = 'cnrm.cloud.google.com/deletion-policy';
const PROJECT = 'cnrm.cloud.google.com/project-id';
const REPAIR = { autoRepair: true, autoUpgrade: true };
const FLUX = { kind: kustomize.KustomizationSpecSourceRefKind.GIT_REPOSITORY, name: 'flux-system' };

/** APIs by the kinds that need them. */
const APIS = ['compute', 'container', 'iam', 'artifactregistry', 'dns', 'logging', 'monitoring'] as const;
const FLEET_APIS = ['gkehub', 'mesh'] as const;

/**
 * Config Connector's objects have a Ready condition, and none at all before it has looked: Flux would take that for
 * healthy. A reference that is not there yet is no failure, and neither is a first try.
 * @see GoogleCloudPlatform/k8s-config-connector v1.155 pkg/apis/k8s/v1alpha1/condition_types.go
 */
const health = (apiVersion: string, kind: string): kustomize.KustomizationSpecHealthCheckExprs => ({
  apiVersion,
  kind,
  inProgress:
    "!has(status.conditions) || !status.conditions.exists(c, c.type == 'Ready')" +
    ' || (has(status.observedGeneration) && status.observedGeneration != metadata.generation)',
  failed:
    "status.conditions.exists(c, c.type == 'Ready' && c.status == 'False'" +
    " && c.reason in ['UpdateFailed', 'DeleteFailed', 'DependencyInvalid', 'ManagementConflict', 'PreActuationTransformFailed', 'PostActuationTransformFailed'])",
  current: "status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')",
});

/**
 * A GKE cluster by Config Connector: what the management cluster applies, below `management/<name>/`, in layers that wait for
 * each other: APIs, network, cluster, access. Sound by default: private nodes with NAT, a regional control plane, Dataplane
 * V2, workload identity, shielded nodes, accounts with the roles that they need and no more.
 *
 * @throws Error on misuse
 * @see cloud.google.com/kubernetes-engine/docs/how-to/hardening-your-cluster
 * @example
 * new GkeCluster(app, 'production', { project: 'example-shop', region: 'europe-west3' });
 */
export class GkeCluster extends Construct {
  readonly name: string;
  /** Path of the folder below the output folder. */
  readonly directory: string;
  private readonly props: GkeClusterProps;

  constructor(scope: Construct, id: string, props: GkeClusterProps) {
    super(scope, id);
    this.name = props.name ?? id;
    this.props = props;
    this.directory = `management/${this.name}`;
    if (props.nodePools?.length === 0) throw new Error(`GkeCluster "${this.name}": nodePools is empty`);
    const layers: [string, (file: ManifestFile) => void, string][] = [
      ['services', (file) => this.services(file), '15m'],
      ['network', (file) => this.network(file), '15m'],
      ['cluster', (file) => this.cluster(file), '60m'],
      ['access', (file) => this.access(file), '20m'],
    ];
    const chain = new ManifestFile(this, 'layers', { path: `${this.directory}/layers.yaml` });
    let previous: string | undefined;
    for (const [layer, fill, timeout] of layers) {
      const file = new ManifestFile(this, layer, {
        path: `${this.directory}/${layer}/${layer}.yaml`,
        namespace: this.namespace,
      });
      fill(file);
      kustomizationFile(this, `${layer}-files`, `${this.directory}/${layer}`, [`${layer}.yaml`]);
      const name = `${this.name}-${layer}`;
      new kustomize.Kustomization(chain, layer, {
        metadata: { name, namespace: 'flux-system', labels: MANAGED },
        spec: {
          ...{ interval: '1h', retryInterval: '5m', timeout, prune: true, wait: true, sourceRef: FLUX },
          path: `./${this.directory}/${layer}`,
          dependsOn: previous === undefined ? undefined : [{ name: previous }],
          healthCheckExprs: kindsOf(file).map(([apiVersion, kind]) => health(apiVersion, kind)),
        },
      });
      previous = name;
    }
    kustomizationFile(this, 'files', this.directory, ['layers.yaml']);
  }

  private get namespace(): string {
    return this.props.namespace ?? this.props.project;
  }

  /** One object of Config Connector. */
  private add(
    file: ManifestFile,
    [group, kind]: readonly [group: string, kind: string],
    name: string,
    spec: object,
    annotations?: Record<string, string>,
  ): void {
    new ApiObject(file, `${kind}-${name}`.toLowerCase(), {
      apiVersion: `${group}.cnrm.cloud.google.com/v1beta1`,
      kind,
      metadata: { name, namespace: this.namespace, labels: MANAGED, annotations },
      spec,
    });
  }

  /** Data dies with it: it stays when its object goes, unless somebody says otherwise. */
  private get keepsData(): Record<string, string> {
    return { [DELETION_POLICY]: this.props.deletionPolicy ?? 'abandon' };
  }

  private services(file: ManifestFile): void {
    const { project, fleet } = this.props;
    addNamespace(file, 'namespace', {
      metadata: {
        name: this.namespace,
        labels: MANAGED,
        annotations: { [PROJECT]: project, 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
      },
    });
    // Switching an API off deletes what was made by it: never by a commit.
    const annotations = { [DELETION_POLICY]: 'abandon', 'cnrm.cloud.google.com/disable-dependent-services': 'false' };
    for (const api of [...APIS, ...(fleet ? FLEET_APIS.slice(0, fleet.mesh ? 2 : 1) : [])])
      this.add(file, ['serviceusage', 'Service'], `${api}.googleapis.com`, {}, annotations);
  }

  private network(file: ManifestFile): void {
    const { region, ranges = {} } = this.props;
    const { name } = this;
    // No subnet that nobody has asked for, in every region of the world.
    this.add(file, ['compute', 'ComputeNetwork'], name, { autoCreateSubnetworks: false, routingMode: 'REGIONAL' });
    this.add(file, ['compute', 'ComputeSubnetwork'], name, {
      region,
      networkRef: { name },
      ipCidrRange: ranges.nodes ?? '10.0.0.0/20',
      secondaryIpRange: [
        { rangeName: 'pods', ipCidrRange: ranges.pods ?? '10.4.0.0/14' },
        { rangeName: 'services', ipCidrRange: ranges.services ?? '10.8.0.0/20' },
      ],
      // Nodes without public addresses reach the registry and other APIs of Google.
      privateIpGoogleAccess: true,
    });
    this.add(file, ['compute', 'ComputeRouter'], name, { region, networkRef: { name } });
    this.add(file, ['compute', 'ComputeRouterNAT'], name, {
      region,
      routerRef: { name },
      natIpAllocateOption: 'AUTO_ONLY',
      sourceSubnetworkIpRangesToNat: 'ALL_SUBNETWORKS_ALL_IP_RANGES',
      // Ports by need: a fixed number is too few for a busy node and too many for all others.
      enableDynamicPortAllocation: true,
      logConfig: { enable: true, filter: 'ERRORS_ONLY' },
    });
    // Regional, as the load balancer of the gateway's Service is. The world knows it: it stays.
    this.add(
      file,
      ['compute', 'ComputeAddress'],
      `${name}-gateway`,
      { location: region, addressType: 'EXTERNAL', networkTier: 'PREMIUM' },
      this.keepsData,
    );
  }

  private cluster(file: ManifestFile): void {
    const { props, name } = this;
    const { project, region, ranges = {}, zones, fleet } = props;
    const workloadPool = `${project}.svc.id.goog`;
    const nodes = `${name}-nodes`.slice(0, 30);
    this.account(file, nodes, `Nodes of ${name}`);
    // What nodes write: logs and metrics. Images are read by a binding on the registry alone.
    this.projectRole(file, nodes, 'roles/container.defaultNodeServiceAccount');
    this.add(
      file,
      ['container', 'ContainerCluster'],
      name,
      {
        location: region,
        nodeLocations: zones,
        networkRef: { name },
        subnetworkRef: { name },
        networkingMode: 'VPC_NATIVE',
        ipAllocationPolicy: { clusterSecondaryRangeName: 'pods', servicesSecondaryRangeName: 'services' },
        defaultMaxPodsPerNode: props.maxPodsPerNode ?? 110,
        // The pool that GKE makes by itself has defaults of Google's: it goes, and the pools below come.
        initialNodeCount: 1,
        releaseChannel: { channel: props.releaseChannel ?? 'REGULAR' },
        // Dataplane V2: network policies are enforced, and what is dropped can be logged.
        datapathProvider: 'ADVANCED_DATAPATH',
        workloadIdentityConfig: { workloadPool },
        enableShieldedNodes: true,
        privateClusterConfig: {
          enablePrivateNodes: true,
          enablePrivateEndpoint: props.privateEndpoint ?? false,
          masterIpv4CidrBlock: ranges.controlPlane ?? '172.16.0.0/28',
          masterGlobalAccessConfig: { enabled: true },
        },
        masterAuthorizedNetworksConfig: {
          cidrBlocks: (props.authorizedNetworks ?? []).map(({ name: displayName, range }) => ({
            displayName,
            cidrBlock: range,
          })),
          gcpPublicCidrsAccessEnabled: false,
        },
        gatewayApiConfig: { channel: 'CHANNEL_STANDARD' },
        loggingConfig: { enableComponents: ['SYSTEM_COMPONENTS', 'WORKLOADS'] },
        // Managed Prometheus beside the one that Flagger asks would count everything twice, and cost it.
        monitoringConfig: { enableComponents: ['SYSTEM_COMPONENTS'], managedPrometheus: { enabled: false } },
        maintenancePolicy: {
          recurringWindow: {
            startTime: props.maintenance?.start ?? '2026-01-03T02:00:00Z',
            endTime: props.maintenance?.end ?? '2026-01-03T08:00:00Z',
            recurrence: props.maintenance?.recurrence ?? 'FREQ=WEEKLY;BYDAY=SA,SU',
          },
        },
        securityPostureConfig: { mode: 'BASIC' },
        verticalPodAutoscaling: { enabled: true },
      },
      { ...this.keepsData, 'cnrm.cloud.google.com/remove-default-node-pool': 'true' },
    );
    for (const pool of props.nodePools ?? [{ name: 'default' }]) this.nodePool(file, pool, nodes);
    if (!fleet) return;
    this.add(file, ['gkehub', 'GKEHubMembership'], name, {
      location: 'global',
      authority: {
        issuer: `https://container.googleapis.com/v1/projects/${project}/locations/${region}/clusters/${name}`,
      },
      endpoint: { gkeCluster: { resourceRef: { name } } },
    });
    if (!fleet.mesh) return;
    const projectRef = { external: `projects/${project}` };
    this.add(file, ['gkehub', 'GKEHubFeature'], 'servicemesh', {
      projectRef,
      location: 'global',
      resourceID: 'servicemesh',
    });
    this.add(file, ['gkehub', 'GKEHubFeatureMembership'], `${name}-servicemesh`, {
      projectRef,
      location: 'global',
      membershipRef: { name },
      featureRef: { name: 'servicemesh' },
      mesh: { management: 'MANAGEMENT_AUTOMATIC' },
    });
  }

  private nodePool(file: ManifestFile, pool: GkeNodePool, account: string): void {
    const { region, zones } = this.props;
    this.add(file, ['container', 'ContainerNodePool'], `${this.name}-${pool.name}`, {
      location: region,
      nodeLocations: zones,
      clusterRef: { name: this.name },
      resourceID: pool.name,
      initialNodeCount: pool.minNodes ?? 1,
      autoscaling: { minNodeCount: pool.minNodes ?? 1, maxNodeCount: pool.maxNodes ?? 3, locationPolicy: 'BALANCED' },
      management: REPAIR,
      // One node more, none less: an upgrade takes no room from pods.
      upgradeSettings: { strategy: 'SURGE', maxSurge: 1, maxUnavailable: 0 },
      nodeConfig: {
        machineType: pool.machineType ?? 'e2-standard-4',
        diskSizeGb: pool.diskSizeGb ?? 100,
        diskType: pool.diskType ?? 'pd-balanced',
        imageType: 'COS_CONTAINERD',
        spot: pool.spot ?? false,
        labels: pool.labels,
        taint: pool.taints,
        serviceAccountRef: { name: account },
        // What it may do its account says; scopes would say it twice.
        oauthScopes: ['https://www.googleapis.com/auth/cloud-platform'],
        shieldedInstanceConfig: { enableSecureBoot: true, enableIntegrityMonitoring: true },
        // Pods see their own account, not the node's.
        workloadMetadataConfig: { mode: 'GKE_METADATA' },
        metadata: { 'disable-legacy-endpoints': 'true' },
      },
    });
  }

  private access(file: ManifestFile): void {
    const { props, name } = this;
    const { project, region, registry, dns, workloads = [] } = props;
    if (registry !== false) {
      const repository = registry?.name ?? name;
      this.add(
        file,
        ['artifactregistry', 'ArtifactRegistryRepository'],
        repository,
        { location: region, format: 'DOCKER', dockerConfig: { immutableTags: true } },
        this.keepsData,
      );
      const resourceRef = {
        apiVersion: 'artifactregistry.cnrm.cloud.google.com/v1beta1',
        kind: 'ArtifactRegistryRepository',
        name: repository,
      };
      this.add(file, ['iam', 'IAMPolicyMember'], `${name}-nodes-read-images`, {
        memberFrom: { serviceAccountRef: { name: `${name}-nodes`.slice(0, 30) } },
        role: 'roles/artifactregistry.reader',
        resourceRef,
      });
    }
    if (dns) {
      const zone = `${name}-zone`;
      const dnsName = `${dns.domain.replace(/\.$/, '')}.`;
      this.add(
        file,
        ['dns', 'DNSManagedZone'],
        zone,
        { dnsName, visibility: 'public', dnssecConfig: { state: 'on' }, description: `Hosts of ${name}` },
        this.keepsData,
      );
      this.add(file, ['dns', 'DNSRecordSet'], `${name}-hosts`, {
        name: `*.${dnsName}`,
        type: 'A',
        ttl: 300,
        managedZoneRef: { name: zone },
        rrdatasRefs: [{ kind: 'ComputeAddress', name: `${name}-gateway` }],
      });
    }
    for (const { name: account, namespace, serviceAccount, roles = [] } of workloads) {
      this.account(file, account, `${namespace}/${serviceAccount} in ${name}`);
      for (const role of roles) this.projectRole(file, account, role);
      this.add(file, ['iam', 'IAMPolicyMember'], `${account}-workload-identity`, {
        member: `serviceAccount:${project}.svc.id.goog[${namespace}/${serviceAccount}]`,
        role: 'roles/iam.workloadIdentityUser',
        resourceRef: { apiVersion: 'iam.cnrm.cloud.google.com/v1beta1', kind: 'IAMServiceAccount', name: account },
      });
    }
  }

  private account(file: ManifestFile, name: string, displayName: string): void {
    this.add(file, ['iam', 'IAMServiceAccount'], name, { displayName: displayName.slice(0, 100) });
  }

  private projectRole(file: ManifestFile, account: string, role: string): void {
    this.add(
      file,
      ['iam', 'IAMPolicyMember'],
      `${account}-${role
        .replace(/^roles\//, '')
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-')}`,
      {
        memberFrom: { serviceAccountRef: { name: account } },
        role,
        resourceRef: { kind: 'Project', external: `projects/${this.props.project}` },
      },
    );
  }
}

/** The kinds of Config Connector in a file, each once. */
function kindsOf(file: ManifestFile): [apiVersion: string, kind: string][] {
  const kinds = new Map<string, [string, string]>();
  for (const node of file.node.children)
    if (ApiObject.isApiObject(node)) {
      const { apiVersion, kind } = node as ApiObject;
      if (apiVersion.includes('.cnrm.')) kinds.set(`${apiVersion} ${kind}`, [apiVersion, kind]);
    }
  return [...kinds.values()].sort(([a, b], [c, d]) => (`${a} ${b}` < `${c} ${d}` ? -1 : 1));
}
