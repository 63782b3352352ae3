import { providerOf } from '../flagger';
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
export const countsRequests = ({ reporter, builtinMetrics, queriesOf }: Mesh): boolean =>
  reporter !== undefined || builtinMetrics || queriesOf !== undefined;

/** Whether a mode's success rate tells failed gRPC calls, which are HTTP 200, from good ones. */
export const seesGrpcStatus = ({ reporter, queriesOf, provider }: Mesh): boolean =>
  reporter !== undefined || providerOf(queriesOf ?? provider).builtin?.seesGrpcStatus === true;

/** Whether a canary gets only what comes in from outside: callers inside the cluster have no proxies that share anything out. */
export const sharesOnlyEntering = ({ exposesBy, proxies }: Mesh): boolean =>
  exposesBy !== 'nothing' && proxies === undefined;

/** What belongs to a mode. */
export const MESH_FACTS = Object.fromEntries(all.map((mesh) => [mesh.id, mesh])) as Readonly<Record<MeshMode, Mesh>>;
