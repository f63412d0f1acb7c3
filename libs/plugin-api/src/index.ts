export {
  type Certificate,
  type PluginApi,
  type PluginErrorCode,
  type PluginFactory,
  pluginErrorCodes,
  type VerifyKey,
} from './api.ts';
export type { DerValue } from './der.ts';
export type {
  AdmittedEntry,
  Artifact,
  BundleClaims,
  EntryContext,
  EntryDisplay,
  EntryType,
  LoggedClaims,
  LoggedSignature,
  ProposeOptions,
  TakenArtifact,
} from './entry.ts';
export type { JsonObject, JsonValue } from './json.ts';
export { displayLimits } from './limits.ts';
export { type PluginManifest, type Provision, pluginApiVersion, type Takes } from './manifest.ts';
export type {
  HashAlgorithm,
  PkiFormat,
  PkiKey,
  PkiMember,
  PkiSignature,
  PkiSigner,
  PkiVerification,
  Signed,
  Verifier,
} from './pki.ts';
export type {
  AdmissionCheck,
  AdmissionEntry,
  AdmissionInput,
  AdmissionPolicy,
  AdmissionRequest,
  PolicyContext,
  Requester,
  Verdict,
} from './policy.ts';
