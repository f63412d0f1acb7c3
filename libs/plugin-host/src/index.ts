export type { AdmissionRequest } from '@countersign/plugin-api';
export { Admission } from './admission.ts';
export { AdmissionPool, type AdmissionPoolOptions, defaultWorkers, type PoolRuling } from './admission-pool.ts';
export { type AdmissionLimits, admissionLimits } from './limits.ts';
export { findPackages } from './packages.ts';
export { createPluginApi } from './plugin-api-impl.ts';
export {
  builtinPlugins,
  type CanonicalEntry,
  type EntryTypeInfo,
  type LoadOptions,
  PluginHost,
  type PluginInfo,
  type Provided,
  type ShownEntry,
  type VerifiedEntry,
} from './plugin-host.ts';
export type { AdmissionSettings, PolicyRule, PolicyUse } from './policies.ts';
export type { Denial, PolicyFailure, Ruling } from './ruling.ts';
