export { type AdoptedObject, type Adoption, type AdoptOptions, adopt, type RawObject, type Synthesized } from './adopt';
export type { ProtocolNote } from './draft/service';
export { type CatalogForm, type ExtendedCatalog, extendCatalog, printed } from './extend';
export { formatAdoption } from './format-report';
export { type AdoptionCounts, type AdoptionReport, adoptionReport, countAdoption } from './report';
