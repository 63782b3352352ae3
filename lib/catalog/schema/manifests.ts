import * as z from 'zod';
import { later } from './field';

const path = z.string().register(z.globalRegistry, {
  description:
    'A folder or a file of manifests, relative to the catalog. A folder with a kustomization.yaml is taken as it is; of any other, all `.yaml`, `.yml` and `.json` files.',
  examples: ['k8s/extra'],
});

/** `manifests`: files of one's own that a cluster gets. */
export const manifestsSchema = later(() =>
  z
    .array(
      z.union([
        path,
        z
          .strictObject({
            path,
            beside: z
              .string()
              .register(z.globalRegistry, {
                description: 'Service in whose wave they are applied. Default: before the first wave.',
                examples: ['cart'],
              })
              .optional(),
          })
          .register(z.globalRegistry, { description: 'Manifests, and when they are applied.' }),
      ]),
    )
    .register(z.globalRegistry, {
      description:
        'Manifests of your own, for what no field says: copied into the tree byte for byte below a line that names their origin (a file that SOPS has encrypted without it), applied in order, and checked like all else.',
    }),
);
