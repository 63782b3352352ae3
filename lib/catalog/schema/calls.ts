import * as z from 'zod';
import { text, texts } from './field';

const requestFields = {
  methods: texts('HTTP methods that it sends; gRPC is `POST`. Default: all.', ['GET']).optional(),
  paths: texts(
    'Paths that it asks for, with a leading `/`; `*` at the end is any rest. gRPC: `/<service>/<method>`. Default: all.',
    ['/api/*'],
  ).optional(),
};

const callSchema = z.union([
  z.string().register(z.globalRegistry, { description: 'Name of a service: all of its ports.', examples: ['details'] }),
  z
    .strictObject({
      service: text('Name of a service.', 'cart'),
      port: z
        .union([z.string(), z.number()])
        .register(z.globalRegistry, { description: 'Name or number of one of its ports. Default: all of them.' })
        .optional(),
      ...requestFields,
    })
    .register(z.globalRegistry, { description: 'A service, and which of its ports and requests.' }),
  z.strictObject({ external: text('Name of an entry of `external`.', 'google-apis') }).register(z.globalRegistry, {
    description: 'A service outside. Needed where no text of the service names its host.',
  }),
]);

/** `calls`: whom a service calls besides what its variables say. */
export const callsSchema = z.array(callSchema).register(z.globalRegistry, {
  description:
    'Services of the catalog that it calls and no variable names: the address is in its code or in a file. They order the waves and tell preflight who calls whom; where every service has `calls`, an empty list too, preflight knows that there are no other callers. An entry with `methods` or `paths` narrows the requests to that service, those by a variable too.',
});

/** `callers`: who calls a service from outside the catalog. */
export const callersSchema = z
  .array(
    z
      .strictObject({
        name: text('Who it is, for people.', 'nightly-report'),
        namespace: text('Namespace of its pods.', 'reports').optional(),
        labels: z
          .record(z.string(), z.string())
          .register(z.globalRegistry, {
            description:
              'Labels of its pods; with a canary only those that Flagger does not change. Default: all pods of the namespace.',
          })
          .optional(),
        account: text('Account of its pods, by which a mesh knows them. Default: any of the namespace.').optional(),
        cidrs: texts('Addresses outside the cluster, as ranges.', ['10.20.0.0/16']).optional(),
        ports: z
          .array(z.union([z.string(), z.number()]))
          .register(z.globalRegistry, {
            description: 'Names or numbers of ports of this service. Default: all of them.',
          })
          .optional(),
        ...requestFields,
      })
      .register(z.globalRegistry, {
        description: 'Pods of a namespace, or addresses outside: exactly one of the two.',
      }),
  )
  .register(z.globalRegistry, {
    description:
      'Who calls the service besides the services of the catalog: jobs, other namespaces, ingress controllers, addresses outside. Policies let them through.',
  });
