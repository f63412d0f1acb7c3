export { AdmissionPool, type AdmissionPoolOptions, defaultWorkers } from './admission-pool.ts';
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
} from './plugin-host.ts';
