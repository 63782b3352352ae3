import type { AddCommand } from './command';
import { addSchema } from './schema';
import { addSynth } from './synth';

/** In the order of `aviary --help`. */
export const commands: readonly AddCommand[] = [addSynth, addSchema];
