/** `cdk8s-aviary/testing`: what a project's own tests ask of its catalog. Importing it adds the matchers to jest. */
import { addMatchers } from './matchers';

export { type PreflightMatchers, passesPreflight } from './matchers';
export { type SynthesizedCatalog, synthCatalog } from './synthesized-catalog';

addMatchers();
