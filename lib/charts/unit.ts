import type { App, IResolver } from 'cdk8s';
import type { ResolvedService } from '../catalog';

/**
 * What the engine builds, renders, caches and writes as one: one service in one cluster, or one platform layer.
 * Equal `input` and equal code give equal files.
 */
export interface Unit {
  /** Unique in a run, stable between runs: `production/apps/frontend`. */
  readonly id: string;
  /** The cluster whose tree the files belong to. */
  readonly cluster: string;
  /** Everything the files depend on besides the code: plain JSON data. That of a service is put together when somebody asks for it. */
  readonly input: unknown;
  /** Whose it is, where it is one service's, and its file below the output folder. */
  readonly of?: { readonly service: ResolvedService; readonly path: string };
  /** Digest of what else they depend on: what somebody's callbacks read. @default nothing */
  readonly salt?: string;
  /** Of somebody's own, before those of cdk8s. @default none */
  readonly resolvers?: IResolver[];
  /** `build` is somebody's code, which a worker does not have. @default false */
  readonly isLocal?: boolean;
  /**
   * Adds the unit's charts to the app. Only called when the input or the code changed, so only here may the
   * construct library be loaded. Charts are `ManifestFile` (lib/constructs): they know the path of their file.
   */
  build(app: App): void;
}
