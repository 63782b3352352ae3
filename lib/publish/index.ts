export { withoutUser } from './credentials';
export { Git } from './git';
export { artifactBlobs, CONFIG_TYPE, CONTENT_TYPE, type OciArtifact, parseOciAddress, pushOci } from './oci';
export { type ClusterChange, LOCK_FILE, type MadeTree, sameRepository } from './plan-commit';
export { PUBLISH_CODES, type PublishCode, PublishProblem } from './problem';
export {
  type MergeRequest,
  type Published,
  type PublishMachine,
  type PublishOutcome,
  type PublishRequest,
  publish,
  type TreeBase,
} from './publish';
export { INDEX_FILE, parseIndex } from './published-index';
export { fileHistory, readPublishedFile } from './read';
export { readSource, type Source } from './source';
