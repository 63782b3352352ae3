export { canonicalJson } from './canonical-json';
export { type Cidr, cidrsOverlap, parseCidr } from './cidr';
export {
  type ClusterObjects,
  type ObjectOrigin,
  type OriginPlace,
  objectKey,
  type WrittenObject,
} from './cluster-objects';
export { containerPortName, probePortNames, type ServedPort, servicePortNameError } from './container-ports';
export { envReferences, expansionOrder } from './env-expansion';
export {
  at,
  atPath,
  booleanAt,
  type Fields,
  fieldsAt,
  isFields,
  listAt,
  numberAt,
  textAt,
  textMapAt,
  textsAt,
} from './fields';
export { formatGoDuration, parseGoDuration } from './go-duration';
export { hostMatches, wildcardHostError } from './host-match';
export {
  type ImageReference,
  imageDigestError,
  imageTagError,
  isFloatingTag,
  parseImageReference,
} from './image-reference';
export { isJudged, judgedProps } from './judged';
export { type LabelSelector, type LabelSelectorRequirement, labelSelectorOf, matchesLabels } from './label-selector';
export {
  configKeyError,
  dnsLabelError,
  dnsSubdomainError,
  envNameError,
  labelValueError,
  portNameError,
  qualifiedNameError,
  serviceNameError,
} from './names';
export { isolatedDirections } from './network-policy';
export { apiGroup, type KubeObject, type ObjectId, type ObjectMeta } from './object';
export type { Parsed } from './parsed';
export { type PodSecurityLevel, type PodSecurityViolation, podSecurityViolations } from './pod-security';
export { compareQuantities, parseQuantity, type Quantity, quantityToNumber } from './quantity';
export { remembered, rememberedFor } from './remembered';
export { haveSameContent } from './same-content';
export { isClusterScoped } from './scope';
export { LAST_APPLIED_ANNOTATION, SERVER_METADATA } from './server-fields';
export { parseServiceHost, type ServiceHost, urlHost } from './service-host';
export { type SchemaFault, type StructuralSchema, schemaFaults } from './structural-schema';
export { VOLUME_SOURCES } from './volume-sources';
