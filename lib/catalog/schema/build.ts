import * as z from 'zod';
import { later, text } from './field';

/** How a service's image is built. It says nothing about the cluster, so no object depends on it. */
export const buildSchema = later(() =>
  z
    .strictObject({
      context: text('Folder that the builder gets, from the root of the repository.', 'src/frontend'),
      dockerfile: text('Path of the Dockerfile, from the context. Default: `Dockerfile`.', 'Dockerfile').optional(),
      target: text('Stage of the Dockerfile. Default: the last one.').optional(),
      args: z
        .record(z.string(), z.string())
        .register(z.globalRegistry, {
          description: 'Build arguments by name. Not for secrets: they stay in the image.',
        })
        .optional(),
      platforms: z
        .array(z.string())
        .register(z.globalRegistry, { description: 'Platforms, such as `linux/amd64`. Default: that of the builder.' })
        .optional(),
      paths: z
        .array(z.string())
        .register(z.globalRegistry, {
          description:
            'Further files and folders, from the root of the repository, that the image is made of: when one changes, it is built anew.',
        })
        .optional(),
    })
    .register(z.globalRegistry, {
      description: 'How the image is built from this repository. Without it the image comes from elsewhere.',
    }),
);
