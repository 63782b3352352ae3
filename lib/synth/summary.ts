/** What a synth did. */
export interface SynthSummary {
  readonly services: number;
  readonly clusters: number;
  readonly objects: number;
  readonly canaries: number;
  readonly written: number;
  readonly removed: number;
  readonly unchanged: number;
  readonly milliseconds: number;
  /** Where the time went; a run in which nothing changed has no phases. */
  readonly phases?: SynthPhases;
}

/** Milliseconds of each part of a run. */
export interface SynthPhases {
  /** Reading and checking the catalog, and cutting it into units. */
  readonly plan: number;
  /** Building, rendering and staging what is not in the cache. */
  readonly build: number;
  /** Preflight. */
  readonly check: number;
  /** Replacing the tree and keeping the cache. */
  readonly write: number;
}
