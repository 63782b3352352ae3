export { errorCode, type FileSystem, realFileSystem, tolerate } from './file-system';
export { diskReason, foreignFiles, notWritable, refusedOutdir } from './findings';
export { outPathError, realOutdir } from './out-path';
export { acquireWorkFolder, diskFinding, recover } from './recover';
export { INDEX_FILE, indexedFiles, releaseIndex } from './release-index';
export { isHalfReplaced, type Operation, recoverFiles, replaceFiles } from './replace-files';
export { type ReplacedTree, replaceTree, unknownFiles } from './replace-tree';
export {
  isSameSignature,
  NotAFolder,
  type Signature,
  scanTree,
  signatureOf,
  type Tree,
  textDigest,
} from './scan-tree';
export { Staging, type StagingOptions, type TreeFile } from './staging';
export { OutputFolderBusy, WorkFolder } from './work-folder';
