import type { Base } from './bases';
import type { Planted } from './planted';

/** One failure mode, planted into the sound tree: the rule that has to name it, and the change. */
export interface Mutation {
  readonly rule: string;
  /** @default the tree of Online Boutique as it is */
  readonly base?: Base;
  readonly plant: (tree: Planted) => void;
}
