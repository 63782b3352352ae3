import { all } from './all.generated';
import type { Mesh } from './mesh';

export type { EntranceRoute, Mesh, ProxyTraffic } from './mesh';

/** How traffic is routed and measured, in one word: decides Flagger's provider, the metrics and their reporter label. */
export type MeshMode = (typeof all)[number]['id'];

type WithEntrance = Extract<(typeof all)[number], { readonly entrance: unknown }>['id'];

/** Every mode by name, those of ingress controllers left out. */
export const meshModes = all.filter((mesh) => !('entrance' in mesh)).map(({ id }) => id) as readonly Exclude<
  MeshMode,
  WithEntrance
>[];

/** Modes in which an ingress controller shares out traffic, by name. */
export const entranceModes = all.filter((mesh) => 'entrance' in mesh).map(({ id }) => id) as readonly WithEntrance[];

/** The mode that the platform's fields say. @default 'istio-sidecar' */
export const modeOf = ({ mesh, provider }: { readonly mesh?: MeshMode; readonly provider?: MeshMode }): MeshMode =>
  provider ?? mesh ?? 'istio-sidecar';

/** Whether somebody counts the requests of a mode's services where Flagger can ask. */
export const countsRequests = ({ reporter, builtinMetrics }: Mesh): boolean => reporter !== undefined || builtinMetrics;

/** What belongs to a mode. */
export const MESH_FACTS = Object.fromEntries(all.map((mesh) => [mesh.id, mesh])) as Readonly<Record<MeshMode, Mesh>>;
