import { textAt } from '../kube';
import type { CanaryView, FluxKustomizationView, World } from '../world';

/**
 * The Kustomizations of Flux that wait for a Canary: the one that applies it with `wait: true`, and those that name it in
 * their healthChecks, each once.
 * @see fluxcd/kustomize-controller v1.9 docs/spec/v1/kustomizations.md (wait, healthChecks)
 */
export function waitingFor(world: World, canary: CanaryView): readonly FluxKustomizationView[] {
  const named = world.fluxKustomizationsChecking('Canary', canary.namespace, canary.name);
  const applies = world.kustomizationOf(canary.entry);
  return applies?.wait ? [applies, ...named.filter((one) => one !== applies)] : named;
}

/** Whether Flux is told how to read the state of a Canary; without it a Canary counts as ready at once. */
export function readsCanaries({ healthCheckExprs }: FluxKustomizationView): boolean {
  return healthCheckExprs.some((expression) => textAt(expression, 'kind') === 'Canary');
}
