import * as z from 'zod';
import { externalSchema, fluxSchema, patchSchema, platformSchema } from './platform';
import { serviceDefaultsSchema, serviceSchema } from './service';

export const clusterSchema = z.strictObject({
  name: z.string(),
  domain: z.string(),
  flux: fluxSchema,
  /** Overrides of the defaults, for every service of this cluster. */
  defaults: serviceDefaultsSchema.optional(),
  /** Overrides by service name. */
  services: z.record(z.string(), serviceDefaultsSchema).optional(),
});

export const catalogSchema = z.strictObject({
  $schema: z.string().optional(),
  platform: platformSchema,
  clusters: z.array(clusterSchema),
  defaults: serviceDefaultsSchema.optional(),
  services: z.array(serviceSchema),
  external: z.array(externalSchema).optional(),
  patches: z.array(patchSchema).optional(),
});

export type Catalog = z.infer<typeof catalogSchema>;
export type Platform = z.infer<typeof platformSchema>;
export type Cluster = z.infer<typeof clusterSchema>;
export type Service = z.infer<typeof serviceSchema>;
export type ServiceDefaults = z.infer<typeof serviceDefaultsSchema>;
export type External = z.infer<typeof externalSchema>;
export type Patch = z.infer<typeof patchSchema>;
