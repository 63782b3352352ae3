import { at, fieldsAt, isFields, textAt } from '../kube';
import type { Entry, World } from '../world';

interface ConnectorKind {
  /** Before `.cnrm.cloud.google.com`. */
  readonly group: string;
  /** Longest name that Google takes. */
  readonly maxName?: number;
  readonly minName?: number;
  /** The API that makes it, where another than the group's. */
  readonly api?: string;
}

/**
 * Config Connector's kinds that make a cluster, with the limits of Google's names.
 * @see cloud.google.com/config-connector/docs/reference/overview
 */
export const CONNECTOR_KINDS: Readonly<Record<string, ConnectorKind>> = {
  ArtifactRegistryRepository: { group: 'artifactregistry', maxName: 63 },
  ComputeAddress: { group: 'compute', maxName: 63 },
  ComputeFirewall: { group: 'compute', maxName: 62 },
  ComputeNetwork: { group: 'compute', maxName: 62 },
  ComputeRouter: { group: 'compute', maxName: 63 },
  ComputeRouterNAT: { group: 'compute', maxName: 63 },
  ComputeSubnetwork: { group: 'compute', maxName: 63 },
  ContainerCluster: { group: 'container', maxName: 40 },
  ContainerNodePool: { group: 'container', maxName: 40 },
  DNSManagedZone: { group: 'dns', maxName: 63 },
  DNSRecordSet: { group: 'dns' },
  GKEHubFeature: { group: 'gkehub' },
  GKEHubFeatureMembership: { group: 'gkehub' },
  GKEHubMembership: { group: 'gkehub', maxName: 63 },
  IAMPartialPolicy: { group: 'iam' },
  IAMPolicyMember: { group: 'iam' },
  IAMServiceAccount: { group: 'iam', minName: 6, maxName: 30 },
};

/** Kinds that a field of references names, where it names only one. */
const REFERENCES: Readonly<Record<string, string>> = {
  networkRef: 'ComputeNetwork',
  subnetworkRef: 'ComputeSubnetwork',
  privateEndpointSubnetworkRef: 'ComputeSubnetwork',
  routerRef: 'ComputeRouter',
  clusterRef: 'ContainerCluster',
  serviceAccountRef: 'IAMServiceAccount',
  managedZoneRef: 'DNSManagedZone',
  membershipRef: 'GKEHubMembership',
  featureRef: 'GKEHubFeature',
  natIps: 'ComputeAddress',
};

const GROUP = '.cnrm.cloud.google.com';
/** The API group of a kind of Config Connector. */
export const groupOf = (kind: string): string => `${CONNECTOR_KINDS[kind]!.group}${GROUP}`;

/** All objects of one of the kinds. */
export function connectorObjects(world: World, kind: string): readonly Entry[] {
  return world.ofKind(kind, groupOf(kind));
}

/** All objects of Config Connector that the rules know. */
export function allConnectorObjects(world: World): Entry[] {
  return Object.keys(CONNECTOR_KINDS).flatMap((kind) => [...connectorObjects(world, kind)]);
}

/** A reference from one object of Config Connector to another. */
export interface ConnectorReference {
  readonly pointer: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The references of an object to others of Config Connector; external ones are Google's own names, and not looked up. */
export function referencesOf(entry: Entry): ConnectorReference[] {
  const found: ConnectorReference[] = [];
  const look = (node: unknown, key: string, pointer: string): void => {
    if (Array.isArray(node)) {
      for (const [index, item] of node.entries()) look(item, key, `${pointer}/${index}`);
      return;
    }
    if (!isFields(node)) return;
    const name = textAt(node, 'name');
    const kind = REFERENCES[key] ?? (/^(?:resourceRef|rrdatasRefs)$/.test(key) ? ownKind(entry, key, node) : undefined);
    if (kind !== undefined && CONNECTOR_KINDS[kind] && name && textAt(node, 'external') === undefined) {
      found.push({ pointer: `${pointer}/name`, kind, name, namespace: textAt(node, 'namespace') ?? entry.namespace });
      return;
    }
    for (const [field, child] of Object.entries(node)) look(child, field, `${pointer}/${field}`);
  };
  look(fieldsAt(entry.object, 'spec'), 'spec', '/spec');
  return found;
}

/** A resourceRef says its kind; that of a membership is a cluster. */
function ownKind(entry: Entry, key: string, node: unknown): string | undefined {
  return (
    textAt(node, 'kind') ??
    (entry.kind === 'GKEHubMembership' && key === 'resourceRef' ? 'ContainerCluster' : undefined)
  );
}

/** The object that a reference of an object names; undefined where there is none, or it is external. */
export function referred(world: World, entry: Entry, field: string): Entry | undefined {
  const kind = REFERENCES[field]!;
  const ref = fieldsAt(entry.object, 'spec', field);
  const name = textAt(ref, 'name');
  return name === undefined
    ? undefined
    : world.given(kind, textAt(ref, 'namespace') ?? entry.namespace, name, groupOf(kind));
}

/** Name that Google sees. */
export function googleName(entry: Entry): string {
  return textAt(entry.object, 'spec', 'resourceID') ?? entry.name;
}

/** Whether somebody has said what becomes of it when the object goes. */
export function hasDeletionPolicy({ annotations }: Entry): boolean {
  return annotations['cnrm.cloud.google.com/deletion-policy'] !== undefined;
}

/** Whether the field of `spec` is written. */
export const has = (entry: Entry, ...path: string[]): boolean => at(entry.object, 'spec', ...path) !== undefined;
