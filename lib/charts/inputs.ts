import type { Catalog, Patch, Platform, ResolvedService } from '../catalog';
import type { GkeWorkloadAccount, HelmChartSource } from '../constructs';
import type { MeshMode } from '../mesh';
import type { PolicyMode, ServiceConnections } from '../policies';

/** The platform with every default filled in: what all units of a cluster share. */
export interface PlatformFacts {
  readonly namespace: string;
  readonly mesh: MeshMode;
  readonly registry?: string;
  readonly prometheus: {
    readonly address: string;
    readonly scrapeInterval: string;
    readonly install: boolean;
    readonly retention: string;
  };
  readonly gateway: { readonly name: string; readonly namespace: string; readonly tlsSecretName?: string };
  /** Where checks of one's own may be asked, by name. */
  readonly metricStores?: Platform['metricStores'];
  readonly alertSeverity?: 'info' | 'warn' | 'error';
  /** Where the proxies send spans, where they send any. */
  readonly tracing?: { readonly host: string; readonly port: number };
}

/** Input of one service's unit: the service, and what it needs to know of others. */
export interface ServiceInput {
  readonly kind: 'service';
  readonly cluster: string;
  readonly path: string;
  readonly service: ResolvedService;
  readonly platform: PlatformFacts;
  readonly domain: string;
  readonly partOf: string;
  /** Ports of the services that it refers to. */
  readonly ports: Readonly<Record<string, NonNullable<ResolvedService['ports']>>>;
  /** Names of the Services that they have, where another than their own. */
  readonly hosts?: Readonly<Record<string, string>>;
  readonly patches: readonly Patch[];
  /** Who calls it and whom it calls; absent where the cluster has no policies. */
  readonly connections?: ServiceConnections;
  /** Absent in the plain form. */
  readonly helm?: HelmInput;
}

/** What a service in the Helm form needs besides: its chart is made of what it is in all clusters. */
export interface HelmInput {
  /** The service as it is in each cluster that has it in the Helm form. */
  readonly variants: readonly ServiceInput[];
  readonly source: HelmChartSource;
  readonly rolloutSeconds: number;
}

/** Input of the chart of a service. */
export interface HelmChartInput {
  readonly kind: 'helm';
  readonly name: string;
  readonly folder: string;
  readonly variants: readonly ServiceInput[];
}

/** Input of the list of one wave's files. */
export interface WaveInput {
  readonly kind: 'wave';
  readonly folder: string;
  readonly files: readonly string[];
}

/** A layer that gets files beside the platform's own. */
export interface AddedPlatformLayer {
  readonly name: string;
  /** The layer before it; absent for one of the platform's own. */
  readonly after?: string;
  readonly files: readonly string[];
  /** The longest rollout of its Canaries; absent where it has none. */
  readonly rolloutSeconds?: number;
}

/** A file as it was rendered: documents, another text, or objects that are checked and not written. */
export interface RenderedManifest {
  readonly path: string;
  readonly documents: readonly unknown[];
  readonly text?: string;
  readonly isWritten?: false;
}

/** Input of files whose objects are known: somebody's chart, rendered. */
export interface ChartInput {
  readonly kind: 'chart';
  readonly files: readonly RenderedManifest[];
  /** Release digests by name. */
  readonly releases?: Readonly<Record<string, string>>;
}

/** A namespace of services, and which pods it admits. */
export interface NamespaceFacts {
  readonly name: string;
  /** @default restricted */
  readonly podSecurity?: 'baseline' | 'privileged';
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Input of a file that somebody's code builds when the input is another one. */
export interface GeneratedInput {
  readonly kind: 'generated';
  /** Of the unit in the app. */
  readonly id: string;
  readonly path: string;
  /** Plain data that the code gets. */
  readonly input: unknown;
  /** Of what the code reads besides. */
  readonly digest: string;
  readonly rolloutSeconds?: number;
}

/** Input of a cluster's sync and platform layers. */
export interface PlatformInput {
  readonly kind: 'platform';
  readonly cluster: Catalog['clusters'][number]['name'];
  readonly flux: Catalog['clusters'][number]['flux'];
  readonly platform: PlatformFacts;
  readonly catalogPlatform: Pick<Platform, 'gitops' | 'versions' | 'observability' | 'alerts'>;
  readonly hosts: readonly string[];
  /** Of the services, that of the platform first. */
  readonly namespaces: readonly NamespaceFacts[];
  readonly external: NonNullable<Catalog['external']>;
  readonly waves: readonly {
    readonly name: string;
    readonly rolloutSeconds: number;
    readonly hasHelmReleases?: boolean;
    readonly parts?: readonly string[];
  }[];
  readonly layers?: readonly AddedPlatformLayer[];
  readonly patches: readonly Patch[];
}

/** Input of what the namespaces of a cluster refuse by default. */
export interface DefaultDenyInput {
  readonly kind: 'default-deny';
  readonly cluster: string;
  readonly path: string;
  readonly mode: PolicyMode;
  readonly platform: PlatformFacts;
  readonly namespaces: readonly string[];
  readonly patches: readonly Patch[];
}

/** Input of the cluster itself. */
export interface GkeInput {
  readonly kind: 'gke';
  readonly cluster: string;
  readonly gke: NonNullable<Catalog['clusters'][number]['gke']>;
  /** Accounts of Google's that services name in annotations of their own accounts. */
  readonly workloads: readonly GkeWorkloadAccount[];
}

/** All that a unit's files depend on besides the code, by kind. */
export type UnitInput =
  | GkeInput
  | ServiceInput
  | HelmChartInput
  | WaveInput
  | PlatformInput
  | ChartInput
  | DefaultDenyInput
  | GeneratedInput;
