import * as z from 'zod';
import { later, number, text } from './field';

const flag = (description: string) => z.boolean().register(z.globalRegistry, { description });
const texts = (description: string) => z.array(z.string()).register(z.globalRegistry, { description });
const map = (description: string) => z.record(z.string(), z.string()).register(z.globalRegistry, { description });

/** What a port runs over. */
export const transportSchema = z
  .enum(['TCP', 'UDP', 'SCTP'])
  .register(z.globalRegistry, { description: 'Default: `TCP`.' });

const serviceFields = {
  type: z
    .enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'])
    .register(z.globalRegistry, { description: 'Default: `ClusterIP`.' })
    .optional(),
  clusterIP: text('`None` makes a headless Service.', 'None').optional(),
  sessionAffinity: z
    .enum(['None', 'ClientIP'])
    .register(z.globalRegistry, { description: 'Whether a client stays with a pod. Default: `None`.' })
    .optional(),
  sessionAffinityConfig: z
    .strictObject({
      clientIP: z
        .strictObject({ timeoutSeconds: number('Default: 10800.').optional() })
        .register(z.globalRegistry, { description: 'For `ClientIP`.' })
        .optional(),
    })
    .register(z.globalRegistry, { description: 'How long a client stays with a pod.' })
    .optional(),
  externalTrafficPolicy: z
    .enum(['Cluster', 'Local'])
    .register(z.globalRegistry, {
      description: 'Whether traffic from outside may change the node. Default: `Cluster`.',
    })
    .optional(),
  internalTrafficPolicy: z
    .enum(['Cluster', 'Local'])
    .register(z.globalRegistry, { description: 'Whether traffic from inside may change the node. Default: `Cluster`.' })
    .optional(),
  trafficDistribution: text('Preference for near pods.', 'PreferClose').optional(),
  loadBalancerClass: text('Which load balancer.').optional(),
  loadBalancerIP: text('Its address, where the cloud takes one.').optional(),
  loadBalancerSourceRanges: texts('CIDRs that may call.').optional(),
  allocateLoadBalancerNodePorts: flag('Default: true.').optional(),
  externalIPs: texts('Addresses that lead to a node.').optional(),
  externalName: text('For `ExternalName`: the host.').optional(),
  healthCheckNodePort: number('For `Local` traffic of a load balancer.').optional(),
  ipFamilies: texts('`IPv4`, `IPv6`, in this order.').optional(),
  ipFamilyPolicy: z
    .enum(['SingleStack', 'PreferDualStack', 'RequireDualStack'])
    .register(z.globalRegistry, { description: "Default: the cluster's." })
    .optional(),
  publishNotReadyAddresses: flag('Names of pods that are not ready, too. Default: false.').optional(),
} as const;

/** `service`: how the own Service differs from a plain one. */
export const ownServiceSchema = later(() =>
  z
    .strictObject({
      name: text('Name of the Service, and so its address. Not with a canary. Default: the name.').optional(),
      selector: map("Labels of the pods. Not with a canary. Default: the service's own selector.").optional(),
      ...serviceFields,
    })
    .register(z.globalRegistry, { description: 'How its Service differs from a plain one inside the cluster.' }),
);

/** An item of `services`: a further Service of the same pods. */
export const furtherServiceSchema = later(() =>
  z
    .strictObject({
      name: text('Name, and so the address.', 'cart-metrics'),
      ports: z
        .array(
          z
            .strictObject({
              name: text('Needed where there is more than one.').optional(),
              port: number('1 to 65535.', 9090),
              targetPort: z
                .union([z.string(), z.number()])
                .register(z.globalRegistry, { description: "Number or name of a container's port. Default: `port`." })
                .optional(),
              protocol: transportSchema.optional(),
              nodePort: number('Port of every node. Default: one that is free.').optional(),
              appProtocol: text('What the mesh takes it for.').optional(),
            })
            .register(z.globalRegistry, { description: 'One port.' }),
        )
        .register(z.globalRegistry, { description: 'Ports.' })
        .optional(),
      labels: map('Labels, beside the recommended ones.').optional(),
      annotations: map('Annotations.').optional(),
      selector: map('Labels of the pods. Default: all pods of the service.').optional(),
      ...serviceFields,
    })
    .register(z.globalRegistry, {
      description: 'A further Service of the same pods. With a canary it leads past the weights.',
    }),
);

/** `metadata`: labels and annotations by kind of object. */
export const objectMetadataSchema = later(() =>
  z
    .record(
      z.string(),
      z
        .strictObject({ labels: map('Labels.').optional(), annotations: map('Annotations.').optional() })
        .register(z.globalRegistry, { description: 'Of one kind.' }),
    )
    .register(z.globalRegistry, {
      description:
        'Labels and annotations by kind of object, such as `Service`, `Deployment`, `ServiceAccount`; stronger than those of all objects.',
    }),
);
