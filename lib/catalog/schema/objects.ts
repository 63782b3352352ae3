import * as z from 'zod';
import { later, text } from './field';
import { claimTemplateSchema } from './kinds';

const flag = (description: string) => z.boolean().register(z.globalRegistry, { description });
const texts = (description: string) => z.array(z.string()).register(z.globalRegistry, { description });
const map = (description: string) => z.record(z.string(), z.string()).register(z.globalRegistry, { description });
const spec = (description: string) => z.record(z.string(), z.unknown()).register(z.globalRegistry, { description });

/** An item of `configMaps`. */
export const configMapSchema = later(() =>
  z
    .strictObject({
      name: text('Name of the ConfigMap.', 'cart-settings'),
      data: map('Texts by key.').optional(),
      binaryData: map('Bytes in base64 by key.').optional(),
      immutable: flag('It cannot be changed any more. Default: false.').optional(),
      labels: map('Labels, beside the recommended ones.').optional(),
      annotations: map('Annotations.').optional(),
    })
    .register(z.globalRegistry, {
      description:
        'A ConfigMap for variables (`container.envFrom`), volumes and other services; not mounted by itself.',
    }),
);

/** An item of `claims`. */
export const claimSchema = claimTemplateSchema
  .omit({ namespace: true, mountPath: true, subPath: true, readOnly: true, mounts: true })
  .register(z.globalRegistry, {
    description: 'A PersistentVolumeClaim that all pods share; volumes name it. Flux does not delete it.',
  });

const rule = later(() =>
  z
    .strictObject({
      apiGroups: texts('API groups; `` is the core.').optional(),
      resources: texts('Resources, such as `pods`.').optional(),
      resourceNames: texts('Only objects of these names.').optional(),
      nonResourceURLs: texts('Paths of the API server, in a role of the cluster.').optional(),
      verbs: texts('What may be done, such as `get`.'),
    })
    .register(z.globalRegistry, { description: 'What may be done with what.' }),
);

/** An item of `access`: what the account may do in the cluster. */
export const accessSchema = later(() =>
  z
    .strictObject({
      name: text("Name of role and binding. Default: the service's name.").optional(),
      isClusterWide: flag('Role and binding of the cluster, not of the namespace. Default: false.').optional(),
      rules: z
        .array(rule)
        .register(z.globalRegistry, { description: 'Rules of a role that is made. Default: the role exists.' })
        .optional(),
      role: text('Role of the namespace that exists.').optional(),
      clusterRole: text('Role of the cluster that exists.', 'view').optional(),
      labels: map('Labels of role and binding, beside the recommended ones.').optional(),
      annotations: map('Annotations of role and binding.').optional(),
    })
    .register(z.globalRegistry, {
      description: 'What the account of the pods may do; exactly one of rules, role and clusterRole.',
    }),
);

/** An item of `monitors`: what Prometheus scrapes. */
export const monitorSchema = later(() =>
  z
    .strictObject({
      name: text("Name. Default: the service's name.").optional(),
      kind: z
        .enum(['PodMonitor', 'ServiceMonitor'])
        .register(z.globalRegistry, {
          description: 'Of pods, the primary and the canary alike, or of a Service. Default: `PodMonitor`.',
        })
        .optional(),
      endpoints: z
        .array(spec('One endpoint, as the Prometheus Operator has it: `port`, `path`, `interval`, …'))
        .register(z.globalRegistry, { description: 'What is scraped.' }),
      labels: map('Labels, where a Prometheus selects its monitors by them.').optional(),
      annotations: map('Annotations.').optional(),
      spec: spec(
        'Further fields of its spec, such as `jobLabel`; a `selector` takes the place of the own one.',
      ).optional(),
    })
    .register(z.globalRegistry, { description: 'Metrics of the service itself for the Prometheus Operator.' }),
);

/** An Ingress or a route of one's own, as Kubernetes has it. */
export const routeObjectSchema = (kind: string, more: string) =>
  z
    .strictObject({
      name: text("Name. Default: the service's name.").optional(),
      annotations: map('Annotations.').optional(),
      labels: map('Labels, beside the recommended ones.').optional(),
      spec: spec(`The spec of the ${kind}, as Kubernetes has it.`),
    })
    .register(z.globalRegistry, { description: `${kind}. ${more}` });
