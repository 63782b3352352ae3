import * as z from 'zod';
import type { ImageLock } from '../image-lock';
import { gkeSchema } from './gke';
import { manifestsSchema } from './manifests';
import { externalSchema, fluxSchema, patchSchema, platformSchema, policiesSchema } from './platform';
import { serviceDefaultsSchema, serviceSchema } from './service';

/** An item of `clusters`. */
export const clusterSchema = z
  .strictObject({
    name: z.string().register(z.globalRegistry, {
      description: 'DNS label: the folder `clusters/<name>`.',
      examples: ['production'],
    }),
    domain: z.string().register(z.globalRegistry, {
      description: 'What `{domain}` stands for in exposed hosts.',
      examples: ['example.com'],
    }),
    flux: fluxSchema,
    gke: gkeSchema.optional(),
    policies: policiesSchema.meta({ description: 'Of this cluster, whatever `platform.policies` says.' }).optional(),
    defaults: serviceDefaultsSchema
      .meta({
        description:
          'Overrides of the defaults, for every service of this cluster. Weaker than what a service says itself.',
      })
      .optional(),
    services: z
      .record(z.string(), serviceDefaultsSchema)
      .register(z.globalRegistry, {
        description:
          'Overrides by service name: objects are merged key by key, lists are replaced. The strongest layer.',
      })
      .optional(),
    manifests: manifestsSchema.meta({ description: 'Manifests of your own for this cluster alone.' }).optional(),
    promotion: z
      .strictObject({
        from: z
          .string()
          .register(z.globalRegistry, {
            description:
              'The cluster whose images this one gets; it stands before this one. Default: the one before it.',
            examples: ['staging'],
          })
          .optional(),
        gate: z
          .enum(['merge-request', 'click', 'none'])
          .register(z.globalRegistry, {
            description:
              'What stands before it: `merge-request`, which somebody merges in the repository that Flux watches; `click`, a job of the pipeline that somebody starts and that commits; `none`: the pipeline goes on by itself. Default: `merge-request`.',
          })
          .optional(),
      })
      .register(z.globalRegistry, {
        description: 'How images come to this cluster: `aviary promote` and the pipelines go by it.',
      })
      .optional(),
  })
  .register(z.globalRegistry, { description: 'One cluster.' });

/** The whole catalog: the type, the JSON Schema and the reference come from here. */
export const catalogSchema = z
  .strictObject({
    $schema: z
      .string()
      .register(z.globalRegistry, { description: 'This schema, for editors.', examples: ['./services.schema.json'] })
      .optional(),
    platform: platformSchema,
    clusters: z
      .array(clusterSchema)
      .register(z.globalRegistry, { description: 'Clusters, each with a folder of its own in the output.' }),
    defaults: serviceDefaultsSchema
      .meta({ description: 'What every service has unless it says otherwise. The weakest layer.' })
      .optional(),
    include: z
      .array(z.string())
      .register(z.globalRegistry, {
        description:
          'Files of one service each, of JSON or YAML: names or patterns from the folder of the catalog on, never out of it. Their services stand behind those of `services`, pattern by pattern in the order of the names. Beside it `services` may be left out.',
        examples: [['services/*.yaml']],
      })
      .optional(),
    services: z.array(serviceSchema).register(z.globalRegistry, { description: 'Services.' }),
    external: z
      .array(externalSchema)
      .register(z.globalRegistry, { description: 'Services outside the mesh.' })
      .optional(),
    manifests: manifestsSchema.optional(),
    removed: z
      .array(z.string())
      .register(z.globalRegistry, {
        description:
          'Services that leave though their Canary has `revertOnDeletion`: its finalizer waits for a Deployment that is gone, and the primary runs on until somebody removes both. Without the name here such a removal is refused.',
        examples: [['cartservice']],
      })
      .optional(),
    patches: z.array(patchSchema).register(z.globalRegistry, { description: 'The escape hatch.' }).optional(),
  })
  .register(z.globalRegistry, {
    title: 'Service catalog of Aviary',
    description: 'Services, the platform that they share, and the clusters where they run.',
  });

/** `images` is no field of the file: it is what images.lock.json says, which stands above the images of the catalog. */
export type Catalog = z.infer<typeof catalogSchema> & { readonly images?: ImageLock };
/** `platform` as it is written. */
export type Platform = z.infer<typeof platformSchema>;
/** An item of `clusters` as it is written. */
export type Cluster = z.infer<typeof clusterSchema>;
/** An item of `services` as it is written. */
export type Service = z.infer<typeof serviceSchema>;
/** `defaults` as they are written. */
export type ServiceDefaults = z.infer<typeof serviceDefaultsSchema>;
/** An item of `external` as it is written. */
export type External = z.infer<typeof externalSchema>;
export type { ReleaseSettings } from './release';
/** An item of `patches` as it is written. */
export type Patch = z.infer<typeof patchSchema>;
