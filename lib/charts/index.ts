export { catalogField, catalogPath, type FieldValue } from './catalog-field';
export { exposedHosts } from './exposed-hosts';
export type { PlatformInput, ServiceInput, UnitInput, WaveInput } from './inputs';
export { parseServiceFile, type ServicePlace, serviceOfUnit, serviceUnit } from './layout';
export { planCluster, planUnits } from './plan';
export type { Unit } from './unit';
