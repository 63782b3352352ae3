import type { Construct } from 'constructs';
import type { WorkloadKind } from '../release/kinds';
import type { NamedPort } from '../workload';

/** What a canary asks of the release that it rolls out; `MicroserviceRelease` is one. */
export interface CanariedRelease {
  readonly name: string;
  /** What runs the pods. */
  readonly kind: WorkloadKind;
  /** Whether a CanaryRollout drives it. */
  readonly isCanaried: boolean;
  readonly ports: readonly NamedPort[];
  /** Absent without autoscaling. */
  readonly autoscaler?: { readonly name: string };
  /** What runs the pods, with its namespace. */
  readonly deployment: { readonly metadata: { readonly namespace?: string } };
  /** The checksum that Flagger will report of this release; undefined where nobody can know it. */
  checksumFor(canary: Construct): string | undefined;
}
