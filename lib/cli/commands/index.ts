import type { AddCommand } from './command';

/** A subcommand: loaded when it is asked for, or when all are shown. */
export interface CommandEntry {
  /** The first word of the command line. */
  readonly name: string;
  load(): AddCommand;
}

/** In the order of `aviary --help`. */
export const commands: readonly CommandEntry[] = [
  { name: 'init', load: () => (require('./init') as typeof import('./init')).addInit },
  { name: 'synth', load: () => (require('./synth') as typeof import('./synth')).addSynth },
  { name: 'preflight', load: () => (require('./preflight') as typeof import('./preflight')).addPreflight },
  { name: 'diff', load: () => (require('./diff') as typeof import('./diff')).addDiff },
  { name: 'doctor', load: () => (require('./doctor') as typeof import('./doctor')).addDoctor },
  { name: 'explain', load: () => (require('./explain') as typeof import('./explain')).addExplain },
  { name: 'graph', load: () => (require('./graph') as typeof import('./graph')).addGraph },
  { name: 'adopt', load: () => (require('./adopt') as typeof import('./adopt')).addAdopt },
  { name: 'publish', load: () => (require('./publish') as typeof import('./publish')).addPublish },
  { name: 'images', load: () => (require('./images') as typeof import('./images')).addImages },
  { name: 'promote', load: () => (require('./promote') as typeof import('./promote')).addPromote },
  { name: 'rollback', load: () => (require('./promote') as typeof import('./promote')).addRollback },
  { name: 'changed', load: () => (require('./changed') as typeof import('./changed')).addChanged },
  { name: 'ci', load: () => (require('./ci') as typeof import('./ci')).addCi },
  { name: 'schema', load: () => (require('./schema') as typeof import('./schema')).addSchema },
];
