export { withoutUser } from './credentials';
export { canonical } from './meaning';
export { type ClusterChange, LOCK_FILE, type MadeTree, sameRepository } from './plan-commit';
export { PublishProblem } from './problem';
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
export { readSource, type Source } from './source';
