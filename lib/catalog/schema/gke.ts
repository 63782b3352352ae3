import * as z from 'zod';
import { later, text } from './field';

const number = (description: string) => z.number().register(z.globalRegistry, { description });
const flag = (description: string) => z.boolean().register(z.globalRegistry, { description });
const texts = (description: string) => z.array(z.string()).register(z.globalRegistry, { description });

const nodePool = later(() =>
  z
    .strictObject({
      name: text('Name, unique in the cluster.', 'default'),
      machineType: text('Default: `e2-standard-4`.').optional(),
      minNodes: number('Least number of nodes a zone. Default: 1.').optional(),
      maxNodes: number('Largest number of nodes a zone. Default: 3.').optional(),
      spot: flag('Cheap nodes that can go within seconds. Default: false.').optional(),
      diskSizeGb: number('Default: 100.').optional(),
      diskType: text('Default: `pd-balanced`.').optional(),
      labels: z
        .record(z.string(), z.string())
        .register(z.globalRegistry, { description: 'Labels of the nodes.' })
        .optional(),
      taints: z
        .array(
          z.strictObject({
            key: text('Key.'),
            value: text('Value.'),
            effect: z
              .enum(['NO_SCHEDULE', 'PREFER_NO_SCHEDULE', 'NO_EXECUTE'])
              .register(z.globalRegistry, { description: "GKE's word." }),
          }),
        )
        .register(z.globalRegistry, { description: 'Taints of the nodes.' })
        .optional(),
    })
    .register(z.globalRegistry, { description: 'Nodes of one kind.' }),
);

const workload = later(() =>
  z
    .strictObject({
      name: text("Name of Google's account, 6 to 30 characters.", 'flux-source'),
      namespace: text('Namespace of the pods.', 'flux-system'),
      serviceAccount: text('Account of the pods.', 'source-controller'),
      roles: texts('Roles in the project. Default: none.').optional(),
    })
    .register(z.globalRegistry, { description: "An account of Google's that pods use by workload identity." }),
);

/** The cluster itself, by Config Connector. */
export const gkeSchema = later(() =>
  z
    .strictObject({
      project: text('Id of the project.', 'example-shop'),
      region: text('Region.', 'europe-west3'),
      namespace: text("Config Connector's namespace for the project. Default: the project's id.").optional(),
      zones: texts('Zones of the nodes. Default: three of the region.').optional(),
      releaseChannel: z
        .enum(['RAPID', 'REGULAR', 'STABLE'])
        .register(z.globalRegistry, { description: 'Default: `REGULAR`.' })
        .optional(),
      ranges: z
        .strictObject({
          nodes: text('Default: `10.0.0.0/20`.').optional(),
          pods: text('Default: `10.4.0.0/14`.').optional(),
          services: text('Default: `10.8.0.0/20`.').optional(),
          controlPlane: text('A /28. Default: `172.16.0.0/28`.').optional(),
        })
        .register(z.globalRegistry, { description: 'Ranges of addresses.' })
        .optional(),
      maxPodsPerNode: number('Default: 110. GKE sets aside twice as many addresses.').optional(),
      nodePools: z
        .array(nodePool)
        .register(z.globalRegistry, { description: 'Nodes. Default: one pool `default`.' })
        .optional(),
      privateEndpoint: flag('No public address of the control plane. Default: false.').optional(),
      authorizedNetworks: z
        .array(z.strictObject({ name: text('For people.'), range: text('Range.', '203.0.113.0/24') }))
        .register(z.globalRegistry, { description: "Who reaches the control plane's public address. Default: nobody." })
        .optional(),
      maintenance: z
        .strictObject({
          start: text('Begin of the first window.', '2026-01-03T02:00:00Z'),
          end: text('Its end.', '2026-01-03T08:00:00Z'),
          recurrence: text('RFC 5545.', 'FREQ=WEEKLY;BYDAY=SA,SU'),
        })
        .register(z.globalRegistry, { description: 'When Google may upgrade. Default: weekends, 02:00 to 08:00 UTC.' })
        .optional(),
      deletionPolicy: z
        .enum(['abandon', 'delete'])
        .register(z.globalRegistry, {
          description: 'What becomes of cluster, registry, zone and address when they leave Git. Default: `abandon`.',
        })
        .optional(),
      registry: z
        .union([z.literal(false), z.strictObject({ name: text('Name of the repository.') })])
        .register(z.globalRegistry, { description: "Docker repository. Default: one of the cluster's name." })
        .optional(),
      dns: z
        .strictObject({ domain: text('Domain.', 'example.com') })
        .register(z.globalRegistry, {
          description: "A public zone whose hosts lead to the gateway's address. Default: none.",
        })
        .optional(),
      fleet: z
        .strictObject({ mesh: flag("Google runs Istio's control plane. Default: false.").optional() })
        .register(z.globalRegistry, { description: "Membership in the project's fleet. Default: none." })
        .optional(),
      workloads: z
        .array(workload)
        .register(z.globalRegistry, { description: 'Accounts of pods, beside those of the services.' })
        .optional(),
    })
    .register(z.globalRegistry, {
      description:
        'GKE by Config Connector: `management/<cluster>`, for the cluster in which that runs (docs/clusters.md).',
    }),
);
