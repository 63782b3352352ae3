export { apiGroup, type KubeObject, type ObjectId, type ObjectMeta } from './object';
export type { Parsed } from './parsed';
