import * as z from 'zod';
import { later, text } from './field';

const flag = (description: string) => z.boolean().register(z.globalRegistry, { description });

const formSchema = z.enum(['plain', 'helm']).register(z.globalRegistry, {
  description: '`plain`: Flux applies the objects. `helm`: a chart of its own in charts/<service>, and a HelmRelease.',
});

const foreignChartSchema = later(() =>
  z
    .strictObject({
      oci: text('Address in an OCI registry, without a version.', 'oci://registry.example.com/charts/redis').optional(),
      repo: text('Address of a Helm repository; with `name`.', 'https://charts.example.com').optional(),
      git: text('Address of a Git repository; with `path`.', 'https://gitlab.com/example/charts.git').optional(),
      name: text('Name of the chart in `repo`.', 'redis').optional(),
      path: text('Folder of the chart in `git`.', 'charts/redis').optional(),
      version: text('Exact version; of `git` the tag.', '21.2.3'),
      schema: text(
        "The chart's values.schema.json, as a file beside the catalog: `values` are checked by it. Default: they are not checked.",
        'charts/redis.schema.json',
      ).optional(),
      secretName: text('Secret with credentials, in the namespace of the services. Default: none.').optional(),
    })
    .register(z.globalRegistry, { description: "Somebody else's chart: exactly one of `oci`, `repo`, `git`." }),
);

const valuesFromSchema = later(() =>
  z
    .strictObject({
      kind: z.enum(['ConfigMap', 'Secret']).register(z.globalRegistry, { description: 'Where the values are.' }),
      name: text('Its name, in the namespace of the services.'),
      valuesKey: text('Key. Default: `values.yaml`.').optional(),
      targetPath: text('Path in the values for one value. Default: all values.', 'auth.password').optional(),
      optional: flag('Go on without it. Default: false.').optional(),
    })
    .register(z.globalRegistry, { description: 'Values from an object of the cluster.' }),
);

/** In what form a service reaches its cluster. */
export const releaseSchema = later(() =>
  z
    .union([
      formSchema,
      z
        .strictObject({
          form: formSchema.optional(),
          onFailure: z
            .enum(['retry', 'rollback'])
            .register(z.globalRegistry, {
              description:
                'Helm form: `retry` applies it again every two minutes, `rollback` goes back to the last release that was right; not with a canary. Default: `retry`.',
            })
            .optional(),
          handOver: flag(
            'The objects stay when what applies them lets go of them: for one commit, before the form changes (docs/helm.md). Default: false.',
          ).optional(),
          chart: foreignChartSchema.optional(),
          values: z
            .record(z.string(), z.unknown())
            .register(z.globalRegistry, { description: 'Values of the chart.' })
            .optional(),
          valuesFrom: z
            .array(valuesFromSchema)
            .register(z.globalRegistry, { description: 'More values, weaker than `values`.' })
            .optional(),
          postRenderers: z
            .array(z.record(z.string(), z.unknown()))
            .register(z.globalRegistry, { description: "HelmRelease's own `postRenderers`." })
            .optional(),
          test: flag("Run the chart's tests after each install and upgrade. Default: false.").optional(),
          dependsOn: z
            .array(z.string())
            .register(z.globalRegistry, {
              description: 'Services in the Helm form that must be ready first, beside the order of the waves.',
            })
            .optional(),
          timeout: text('How long an install or upgrade may take. Default: `10m`.').optional(),
        })
        .register(z.globalRegistry, { description: "The form with its settings, or somebody else's chart." }),
    ])
    .register(z.globalRegistry, { description: 'In what form Flux gets the service. Default: `plain`.' }),
);

/** The registry to which charts of services are pushed. */
export const chartsSchema = later(() =>
  z
    .strictObject({
      oci: text('Address in an OCI registry; a chart is `<oci>/<service>`.', 'oci://registry.example.com/charts'),
      secretName: text('Secret with credentials, in the namespace of the services. Default: none.').optional(),
      provider: z
        .enum(['generic', 'aws', 'azure', 'gcp'])
        .register(z.globalRegistry, { description: 'How Flux signs in without a Secret. Default: `generic`.' })
        .optional(),
    })
    .register(z.globalRegistry, {
      description:
        'Where Flux finds the charts of services in the Helm form. Default: in the GitOps repository, beside the clusters.',
    }),
);

/** `release` of a service, resolved. */
export type ReleaseSettings = Exclude<z.infer<typeof releaseSchema>, string>;
