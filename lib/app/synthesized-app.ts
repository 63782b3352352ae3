import type { AppProps } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { Finding } from '../findings';
import type { SynthSummary } from '../synth/summary';
import type { Callbacks } from './callbacks';
import type { ClusterScope } from './scopes';

/** A catalog as data. It is checked as a file is. */
export interface CatalogData {
  readonly platform: object;
  readonly clusters: readonly object[];
  readonly services: readonly object[];
  readonly [part: string]: unknown;
}

/** An app's props: those of cdk8s, and the catalog. */
export interface AviaryAppProps extends AppProps {
  /**
   * The catalog: its file, or its content; `false` for an app without one.
   * @default the environment's AVIARY_CATALOG, or services.json (services.jsonc, services.yaml, services.yml) here
   */
  readonly catalog?: string | CatalogData | false;
}

/** What came of a synth. */
export interface SynthOutcome {
  /** False when an error stopped it: the tree is as it was. */
  readonly isWritten: boolean;
  readonly findings: readonly Finding[];
  readonly summary?: SynthSummary;
}

/**
 * What rendering and synthesis ask of an app; `AviaryApp` is one.
 * @internal
 */
export interface SynthesizedApp extends IConstruct {
  /** The catalog's file or content; undefined without one. */
  readonly catalog: string | CatalogData | undefined;
  readonly outdir: string;
  readonly props: AviaryAppProps;
  readonly callbacks: Callbacks;
  readonly clusters: readonly ClusterScope[];
  /** Whether somebody has added or changed anything. */
  readonly isExtended: boolean;
}
