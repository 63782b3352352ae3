import type { KubeClient } from './kube-client';
import type { Reporter } from './report';

/** What every tier gets. */
export interface Tier {
  readonly root: string;
  readonly folder: string;
  readonly reporter: Reporter;
  readonly client: KubeClient;
  /** A cluster of somebody: nothing is created there but definitions and namespaces. */
  readonly isForeign: boolean;
}
