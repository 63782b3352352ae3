import type { Catalog } from '../lib/catalog';
import { planUnits } from '../lib/charts';
import { renderUnit } from '../lib/synth/render';

/** What a peer's template is filled with: the same knowledge that the catalog holds, already resolved. */
export interface ServiceValues {
  readonly name: string;
  readonly version: string;
  readonly image: string;
  readonly port: number;
  readonly protocol: 'http' | 'grpc';
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly memory: string;
  readonly digest: string;
}

// biome-ignore lint/suspicious/noExplicitAny: manifests, read by their well-known fields
export type Manifest = any;

/** The objects of all services (not those of the platform, which no peer renders), file by file. */
export function serviceObjects(catalog: Catalog): Manifest[][] {
  return planUnits(catalog)
    .filter((unit) => (unit.input as { kind: string }).kind === 'service')
    .map((unit) => renderUnit(unit).files.flatMap(({ documents }) => documents) as Manifest[]);
}

export function valuesOf(services: readonly Manifest[][]): ServiceValues[] {
  return services.map((objects) => {
    const deployment = objects.find(({ kind }) => kind === 'Deployment');
    const [container] = deployment.spec.template.spec.containers;
    const [port] = container.ports;
    return {
      name: deployment.metadata.name,
      version: deployment.metadata.labels['app.kubernetes.io/version'],
      image: container.image,
      port: port.containerPort,
      protocol: port.name,
      env: container.env,
      memory: container.resources.limits.memory,
      digest: deployment.metadata.annotations['aviary.dev/release-digest'],
    };
  });
}
