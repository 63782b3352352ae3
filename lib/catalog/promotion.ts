import type { Catalog } from './schema';

/** What stands before a promotion. */
export type PromotionGate = 'merge-request' | 'click' | 'none';

/** How images come to a cluster. */
export interface Promotion {
  readonly from: string;
  readonly to: string;
  readonly gate: PromotionGate;
}

/** Every way from one cluster to the next, in the order of the catalog; the first cluster gets its images from the builds. */
export function promotionsOf({ clusters }: Catalog): Promotion[] {
  return clusters.slice(1).map(({ name, promotion }, index) => ({
    from: promotion?.from ?? clusters[index]!.name,
    to: name,
    gate: promotion?.gate ?? 'merge-request',
  }));
}
