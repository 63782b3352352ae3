export { UnrepresentableValue, YamlEmitter } from './emit-yaml';
export {
  type CheckedObject,
  type Plan,
  recover,
  type SynthOptions,
  type SynthResult,
  type SynthSummary,
  type SynthWork,
  synthesize,
} from './synthesize';
