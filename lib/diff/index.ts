export { compareNormal, compareObjects, type FieldDifference, identityKey, identityOf } from './compare';
export { normalForm } from './normal-form';
