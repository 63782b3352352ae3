import type { AddCommand } from './command';
import { addSchema } from './schema';

/** In the order of `aviary --help`. */
export const commands: readonly AddCommand[] = [addSchema];
