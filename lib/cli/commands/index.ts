import type { AddCommand } from './command';
import { addExplain } from './explain';
import { addPreflight } from './preflight';
import { addSchema } from './schema';
import { addSynth } from './synth';

/** In the order of `aviary --help`. */
export const commands: readonly AddCommand[] = [addSynth, addPreflight, addExplain, addSchema];
