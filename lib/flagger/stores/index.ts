import { all } from './all.generated';
import type { MetricStore } from './store';

export type { MetricStore } from './store';

/** Every store of Flagger 1.44, by id. */
export const metricStores: readonly MetricStore[] = all;

/** The store of a MetricTemplate's type: Prometheus' for one that Flagger does not know. @see fluxcd/flagger v1.44 pkg/metrics/providers/factory.go */
export function metricStoreOf(type: string): MetricStore {
  return all.find(({ id }) => id === type) ?? all.find(({ id }) => id === 'prometheus')!;
}
