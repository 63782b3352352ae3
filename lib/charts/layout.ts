/**
 * Which path a file has below the output folder, and which name a unit: made and read here alone, so that what one writes
 * another finds. `FluxBootstrap` writes the same places from `clusters/<name>` on; it is usable without a catalog.
 */

/** `clusters/production`: everything that the cluster gets. */
export function clusterFolder(cluster: string): string {
  return `clusters/${cluster}`;
}

/** `wave-2`: folder, part of the Kustomization's name. */
export function waveName(wave: number): string {
  return `wave-${wave}`;
}

/** `clusters/production/apps/wave-2`. */
export function waveFolder(cluster: string, wave: number): string {
  return `${clusterFolder(cluster)}/apps/${waveName(wave)}`;
}

/** A service's manifest. */
export interface ServicePlace {
  readonly cluster: string;
  readonly wave: number;
  readonly service: string;
}

/** `frontend.yaml`: below its wave's folder. */
export function serviceFileName(service: string): string {
  return `${service}.yaml`;
}

/** `clusters/production/apps/wave-2/frontend.yaml`. */
export function serviceFile({ cluster, wave, service }: ServicePlace): string {
  return `${waveFolder(cluster, wave)}/${serviceFileName(service)}`;
}

const SERVICE_FILE = /^clusters\/([^/]+)\/apps\/wave-(\d+)\/(?!kustomization\.yaml$)([^/]+)\.yaml$/;

/** The way back from a path; undefined for any file that is not a service's. */
export function parseServiceFile(file: string): ServicePlace | undefined {
  const [, cluster, wave, service] = SERVICE_FILE.exec(file) ?? [];
  return service === undefined ? undefined : { cluster: cluster!, wave: Number(wave), service };
}

/** `production/apps/frontend`: the unit of a service in a cluster. */
export function serviceUnit(cluster: string, service: string): string {
  return `${cluster}/apps/${service}`;
}

/** The service of a unit's id; undefined for any other unit. */
export function serviceOfUnit(id: string): string | undefined {
  return /^[^/]+\/apps\/(.+)$/.exec(id)?.[1];
}

/** `production/waves/wave-2`: the list of a wave's files. */
export function waveUnit(cluster: string, wave: number): string {
  return `${cluster}/waves/${waveName(wave)}`;
}

/** `production/platform`: sync and layers. */
export function platformUnit(cluster: string): string {
  return `${cluster}/platform`;
}

/** `production/manifests`: somebody's own manifests. */
export function rawUnit(cluster: string): string {
  return `${cluster}/manifests`;
}

/** `production/charts/apps/gifts`: a chart that somebody added, by its layer and path. */
export function chartUnit(cluster: string, chart: string): string {
  return `${cluster}/charts/${chart}`;
}

/** The layer after the last wave, and its folder. */
export const DEFAULT_DENY_LAYER = 'default-deny';

/** `clusters/production/default-deny/default-deny.yaml`: what the namespaces refuse. */
export function defaultDenyFile(cluster: string): string {
  return `${clusterFolder(cluster)}/${DEFAULT_DENY_LAYER}/${DEFAULT_DENY_LAYER}.yaml`;
}

/** `production/default-deny`: what the namespaces refuse. */
export function defaultDenyUnit(cluster: string): string {
  return `${cluster}/${DEFAULT_DENY_LAYER}`;
}

/** `production/lists/databases`: the list of a layer's files where no platform makes it. */
export function listUnit(cluster: string, layer: string): string {
  return `${cluster}/lists/${layer}`;
}

/** `charts/frontend`: the chart of a service in the Helm form. */
export function helmChartFolder(service: string): string {
  return `charts/${service}`;
}

/** `charts/frontend`: the unit of the chart; no cluster has it to itself. */
export function helmChartUnit(service: string): string {
  return `charts/${service}`;
}

/** `management/production`: the cluster itself; unit, and name of the cluster whose objects they are. */
export function managementUnit(cluster: string): string {
  return `management/${cluster}`;
}
