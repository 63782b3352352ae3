import { all } from './all.generated';
import type { Mesh } from './mesh';

export type { Mesh, ProxyTraffic } from './mesh';

/** How traffic is routed and measured, in one word: decides Flagger's provider, the metrics and their reporter label. */
export type MeshMode = (typeof all)[number]['id'];

/** Every mode, by name. */
export const meshModes = all.map(({ id }) => id) as readonly MeshMode[];

/** Whether somebody counts the requests of a mode's services where Flagger can ask. */
export const countsRequests = ({ reporter, builtinMetrics }: Mesh): boolean => reporter !== undefined || builtinMetrics;

/** What belongs to a mode. */
export const MESH_FACTS = Object.fromEntries(all.map((mesh) => [mesh.id, mesh])) as Readonly<Record<MeshMode, Mesh>>;
