export { policyMode } from '../catalog';
export { allowedOf, type ServiceAllowed } from './allowed';
export { connectionsOf } from './connections';
export { type ConnectionGraph, connectionGraph, type GraphEdge, type GraphService } from './graph';
export { dotGraph } from './graph-dot';
export { svgGraph } from './graph-svg';
export { type GraphPrintOptions, printGraph } from './graph-text';
export {
  type DefaultDenyProps,
  defaultDeny,
  type PolicyObject,
  type ServicePolicyProps,
  servicePolicies,
} from './objects';
export { type PlatformPeers, type PolicyPlatform, platformPeers } from './platform';
export { podsOf } from './pods';
export type {
  Allowed,
  Need,
  Peer,
  PodSet,
  PolicyMode,
  PolicyPort,
  Requests,
  ServiceConnections,
  ServiceEdge,
} from './types';
