import { all } from './all.generated';
import istio from './istio';
import type { Provider } from './provider';

export { virtualServiceHosts } from './istio';
export type {
  Abilities,
  BuiltinQueries,
  MatchKind,
  NeededDefinition,
  Provider,
  RouteInput,
  RouteKind,
  ServiceField,
  TrafficReference,
} from './provider';

/** Every provider of Flagger 1.44, by id. */
export const allProviders: readonly Provider[] = all;

/** Values of `spec.provider` that the definition allows. @see fluxcd/flagger v1.44 artifacts/flagger/crd.yaml */
export const providers: readonly string[] = all.flatMap(({ values }) => values).sort();

const known = new Map<string, Provider>();

/**
 * The provider whose router Flagger takes for a value of `spec.provider`: Istio's for one that it does not know, with a line in
 * its log. @see fluxcd/flagger v1.44 pkg/router/factory.go MeshRouter
 */
export function providerOf(value: string): Provider {
  let provider = known.get(value);
  if (!provider) {
    provider = all.find(({ takes }) => takes(value)) ?? istio;
    known.set(value, provider);
  }
  return provider;
}
