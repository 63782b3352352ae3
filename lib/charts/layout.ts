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

/** Services of a wave up to which one Kustomization applies it: some 5,000 objects, which Flux still handles at ease. */
const WHOLE_WAVE = 360;
/** A larger one has this many parts, whatever its size: with another number nearly all services would move. */
const PARTS = 32;

/** Whether a wave has parts: a Kustomization each, side by side. */
export const hasParts = (services: number): boolean => services > WHOLE_WAVE;

const numbered = (part: number): string => `part-${String(part).padStart(2, '0')}`;

/** All parts of a wave that has some; one may be empty. */
export const PART_NAMES: readonly string[] = Array.from({ length: PARTS }, (_, part) => numbered(part));

/** `part-07`: folder below the wave's. It follows from the name alone, so that no service moves because another one comes or goes. */
export function partName(service: string): string {
  // FNV-1a: spreads names that differ in a digit.
  let hash = 0x811c9dc5;
  for (let index = 0; index < service.length; index++)
    hash = Math.imul(hash ^ service.charCodeAt(index), 0x01000193) >>> 0;
  return numbered(((hash ^ (hash >>> 16)) >>> 0) % PARTS);
}

/** `clusters/production/apps/wave-2/part-07`. */
export function partFolder(cluster: string, wave: number, part: string): string {
  return `${waveFolder(cluster, wave)}/${part}`;
}

/** A service's manifest. */
export interface ServicePlace {
  readonly cluster: string;
  readonly wave: number;
  /** Of a wave that has parts. */
  readonly part?: string;
  readonly service: string;
}

/** `frontend.yaml`: below its wave's folder. */
export function serviceFileName(service: string): string {
  return `${service}.yaml`;
}

/** `clusters/production/apps/wave-2/frontend.yaml`. */
export function serviceFile({ cluster, wave, part, service }: ServicePlace): string {
  const folder = part === undefined ? waveFolder(cluster, wave) : partFolder(cluster, wave, part);
  return `${folder}/${serviceFileName(service)}`;
}

const SERVICE_FILE = /^clusters\/([^/]+)\/apps\/wave-(\d+)\/(?:(part-\d+)\/)?(?!kustomization\.yaml$)([^/]+)\.yaml$/;

/** The way back from a path; undefined for any file that is not a service's. */
export function parseServiceFile(file: string): ServicePlace | undefined {
  const [, cluster, wave, part, service] = SERVICE_FILE.exec(file) ?? [];
  return service === undefined
    ? undefined
    : { cluster: cluster!, wave: Number(wave), ...(part !== undefined && { part }), service };
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

/** `production/waves/wave-2/part-07`: the list of a part's files. */
export function partUnit(cluster: string, wave: number, part: string): string {
  return `${waveUnit(cluster, wave)}/${part}`;
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
