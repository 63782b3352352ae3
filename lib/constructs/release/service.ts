/** Fields of a Service, Kubernetes' own, without its ports and its selector. */
export interface ServiceFields {
  /** @default ClusterIP */
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** `None` makes a headless Service. */
  readonly clusterIP?: string;
  readonly sessionAffinity?: 'None' | 'ClientIP';
  readonly sessionAffinityConfig?: object;
  readonly externalTrafficPolicy?: 'Cluster' | 'Local';
  readonly internalTrafficPolicy?: 'Cluster' | 'Local';
  readonly trafficDistribution?: string;
  readonly loadBalancerClass?: string;
  readonly loadBalancerIP?: string;
  readonly loadBalancerSourceRanges?: readonly string[];
  readonly allocateLoadBalancerNodePorts?: boolean;
  readonly externalIPs?: readonly string[];
  readonly externalName?: string;
  readonly healthCheckNodePort?: number;
  readonly ipFamilies?: readonly string[];
  readonly ipFamilyPolicy?: string;
  readonly publishNotReadyAddresses?: boolean;
}

/** The workload's own Service: how it differs from a plain one inside the cluster. */
export interface OwnServiceProps extends ServiceFields {
  /** Name, and so the address. Not with a canary. @default that of the workload */
  readonly name?: string;
  /** Labels of the pods. Not with a canary. @default the workload's selector */
  readonly selector?: Readonly<Record<string, string>>;
}

/** A port of a further Service, as Kubernetes has it. */
export interface ServicePortProps {
  readonly name?: string;
  readonly port: number;
  /** Number or name of a container's port. @default port */
  readonly targetPort?: number | string;
  /** @default TCP */
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP';
  readonly nodePort?: number;
  readonly appProtocol?: string;
}

/** A further Service of the same pods. */
export interface FurtherServiceProps extends ServiceFields {
  readonly name: string;
  readonly ports?: readonly ServicePortProps[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** @default that of the workload */
  readonly selector?: Readonly<Record<string, string>>;
}

/** Spec of a further Service. */
export function furtherServiceSpec(
  { name: _, ports, labels: __, annotations: ___, selector, ...fields }: FurtherServiceProps,
  own: Readonly<Record<string, string>>,
): Record<string, unknown> {
  return {
    ...fields,
    // Those of an ExternalName lead out of the cluster.
    selector: fields.type === 'ExternalName' ? selector : (selector ?? own),
    ports: ports?.map((port) => ({ ...port, protocol: port.protocol ?? 'TCP' })),
  };
}
