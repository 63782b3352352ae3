import type { ClusterScope } from './scopes';

/** How charts become files, and what is done to their objects. */
export interface RenderOptions {
  readonly outputFileExtension?: string;
  readonly yamlOutputType?: number;
  readonly clusters: readonly ClusterScope[];
  /** The objects as they shall be written. */
  transform(objects: readonly unknown[], where: { readonly cluster: string; readonly layer: string }): unknown[];
}
