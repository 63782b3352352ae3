import type { CanaryView, Edge, Entry, FluxKustomizationView, RouteView, Workload, World } from '../world';
import { type JudgedQuery, judgedQueries } from './queries';

/** What a rule can look at, one at a time. */
export interface RuleSubjects {
  /** The world as a whole. */
  readonly world: World;
  readonly canary: CanaryView;
  /** A query that Flagger asks Prometheus for a Canary. */
  readonly query: JudgedQuery;
  /** What runs pods, as somebody wrote it. */
  readonly workload: Workload;
  /** Flux's Kustomization. */
  readonly kustomization: FluxKustomizationView;
  /** A route that somebody wrote. */
  readonly route: RouteView;
  /** A way by which requests reach a Service. */
  readonly edge: Edge;
  /** Any object that somebody wrote. */
  readonly object: Entry;
}

/** The name of what a rule looks at. */
export type SubjectKind = keyof RuleSubjects;

/** The subjects of a world, kind by kind. */
export const subjectsOf: { readonly [K in SubjectKind]: (world: World) => readonly RuleSubjects[K][] } = {
  world: (world) => [world],
  canary: (world) => world.canaries(),
  query: judgedQueries,
  workload: (world) => world.writtenWorkloads(),
  kustomization: (world) => world.fluxKustomizations(),
  route: (world) => world.writtenRoutes(),
  edge: (world) => world.edges(),
  object: (world) => world.entries(),
};

/** Every kind of subject. */
export const subjectKinds = Object.keys(subjectsOf) as readonly SubjectKind[];
