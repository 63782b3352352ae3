import type { Catalog, Patch, Platform, ResolvedService } from '../catalog';

/** The platform with every default filled in: what all units of a cluster share. */
export interface PlatformFacts {
  readonly namespace: string;
  readonly mesh: NonNullable<Platform['mesh']>;
  readonly registry: string;
  readonly prometheus: {
    readonly address: string;
    readonly scrapeInterval: string;
    readonly install: boolean;
    readonly retention: string;
  };
  readonly gateway: { readonly name: string; readonly namespace: string; readonly tlsSecretName?: string };
  readonly alertSeverity?: 'info' | 'warn' | 'error';
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
  readonly patches: readonly Patch[];
}

/** Input of the list of one wave's files. */
export interface WaveInput {
  readonly kind: 'wave';
  readonly folder: string;
  readonly files: readonly string[];
}

/** Input of a cluster's sync and platform layers. */
export interface PlatformInput {
  readonly kind: 'platform';
  readonly cluster: Catalog['clusters'][number]['name'];
  readonly flux: Catalog['clusters'][number]['flux'];
  readonly platform: PlatformFacts;
  readonly catalogPlatform: Pick<Platform, 'gitops' | 'versions' | 'observability' | 'alerts'>;
  readonly hosts: readonly string[];
  readonly external: NonNullable<Catalog['external']>;
  readonly waves: readonly { readonly name: string; readonly rolloutSeconds: number }[];
  readonly patches: readonly Patch[];
}

export type UnitInput = ServiceInput | WaveInput | PlatformInput;
