export { BUILDERS, type Builder, buildSteps, digestOfMetadata, type Step } from './builder';
export { githubWorkflow } from './github';
export { githubMatrix } from './github-matrix';
export { gitlabImages, gitlabPipeline } from './gitlab';
export { makefile } from './makefile';
export { type NoteRequest, writeNote } from './note';
export {
  BUILT_FOLDER,
  childCount,
  factsOf,
  type ImageBuild,
  optionWords,
  type PipelineOptions,
  shellWord,
} from './pipeline';
