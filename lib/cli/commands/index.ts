import { addAdopt } from './adopt';
import { addChanged } from './changed';
import { addCi } from './ci';
import type { AddCommand } from './command';
import { addDiff } from './diff';
import { addDoctor } from './doctor';
import { addExplain } from './explain';
import { addGraph } from './graph';
import { addImages } from './images';
import { addInit } from './init';
import { addPreflight } from './preflight';
import { addPromote, addRollback } from './promote';
import { addPublish } from './publish';
import { addSchema } from './schema';
import { addSynth } from './synth';

/** In the order of `aviary --help`. */
export const commands: readonly AddCommand[] = [
  addInit,
  addSynth,
  addPreflight,
  addDiff,
  addDoctor,
  addExplain,
  addGraph,
  addAdopt,
  addPublish,
  addImages,
  addPromote,
  addRollback,
  addChanged,
  addCi,
  addSchema,
];
