import type {
  AdmittedEntry,
  Artifact,
  EntryType,
  HashAlgorithm,
  PkiKey,
  PluginApi,
  PluginErrorCode,
} from '@countersign/plugin-api';
import { hashOf } from './algorithms.ts';
import { formatSpec, parseSpec, type Spec } from './spec.ts';

/** What clients look for in a refusal. */
const notAllowed = 'entry algorithms are not allowed';

/**
 * `hashedrekord` 0.0.1: a signature over an artifact's digest. The artifact itself never
 * leaves the client. Keys are X.509 only; the canonical entry holds everything that was
 * verified, so admitting it again gives the same bytes.
 */
export default function hashedrekord(api: PluginApi): EntryType {
  const { crypto, encoding, errors, pki } = api;

  async function admit(spec: Spec): Promise<AdmittedEntry> {
    const format = pki.get('x509');
    const key = await step(format.parseKey(spec.publicKey), notAllowed, 'ERR_UNSUPPORTED');
    requireAllowed(key, spec.hash);
    const signature = await step(format.parseSignature(spec.signature), 'verifying signature', 'ERR_MALFORMED');
    const signed = { digest: spec.digest, hash: spec.hash };
    const verifying = format.verify({ signed, signature, keys: [key] });
    const signers = await step(verifying, 'verifying signature', 'ERR_SIGNATURE_INVALID');

    const digest = `${spec.hash}:${spec.digestHex.toLowerCase()}`;
    const [subject] = signers.flatMap(({ identities }) => identities);
    return {
      spec: formatSpec({ ...spec, signature: signature.canonical, publicKey: key.canonical }, api),
      indexKeys: keysOf(key, spec),
      verifiers: signers.map(({ key: _, ...verifier }) => verifier),
      display: { title: 'Signed artifact', digest, ...(subject !== undefined && { subject }) },
    };
  }

  function keysOf(key: PkiKey, { hash, digestHex }: Spec): string[] {
    const fingerprint = encoding.toHex(crypto.hash('sha256', key.canonical));
    return [fingerprint, ...key.identities, `${hash}:${digestHex.toLowerCase()}`];
  }

  function requireAllowed({ members: [{ algorithm }] }: PkiKey, hash: HashAlgorithm): void {
    const expected = hashOf(algorithm);
    if (expected === hash) return;
    const instead = expected === undefined ? 'no such key is accepted' : `it takes ${expected}`;
    throw errors.refuse('ERR_ALGORITHM_NOT_ALLOWED', `${notAllowed}: ${algorithm} with ${hash}; ${instead}`);
  }

  /** Says in front which step refused, in upstream's words. */
  async function step<T>(work: Promise<T>, prefix: string, code: PluginErrorCode): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!refusedWith(error, code)) throw error;
      throw errors.refuse(code, `${prefix}: ${error.message}`, error);
    }
  }

  function digestOf({ content, digest }: Artifact, hash: HashAlgorithm): Uint8Array {
    const computed = content && crypto.hash(digest?.algorithm ?? hash, content);
    const value = digest?.value ?? computed;
    if (value === undefined) throw errors.refuse('ERR_ENTRY_INVALID', 'an artifact or its digest must be provided');
    if (computed !== undefined && !same(computed, value)) {
      throw errors.refuse('ERR_ENTRY_INVALID', 'the digest given is not that of the artifact');
    }
    return value;
  }

  return {
    async propose(artifact, { pkiFormat }) {
      if (pkiFormat !== 'x509') {
        throw errors.refuse('ERR_ENTRY_INVALID', 'hashedrekord entries can only be created with x509 keys');
      }
      if (artifact.signature === undefined) {
        throw errors.refuse('ERR_ENTRY_INVALID', 'a detached signature must be provided');
      }
      const [publicKey, ...others] = artifact.publicKeys;
      if (publicKey === undefined || others.length > 0) {
        throw errors.refuse('ERR_ENTRY_INVALID', 'exactly one public key must be provided');
      }
      const { members } = await pki.get('x509').parseKey(publicKey);
      const hash = artifact.digest?.algorithm ?? hashOf(members[0].algorithm) ?? 'sha256';
      const digestHex = encoding.toHex(digestOf(artifact, hash));
      const spec = formatSpec({ hash, digestHex, signature: artifact.signature, publicKey }, api);
      return (await admit(parseSpec(spec, api))).spec;
    },

    async admit(spec) {
      return admit(parseSpec(spec, api));
    },

    async indexKeys(json) {
      const spec = parseSpec(json, api);
      return keysOf(await pki.get('x509').parseKey(spec.publicKey), spec);
    },

    async matches(spec, claims) {
      const logged = parseSpec(spec, api);
      const [verifier] = encoding.decodePem(logged.publicKey);
      const difference =
        (!same(logged.signature, claims.signature) && 'signature') ||
        (!(verifier !== undefined && same(verifier.der, claims.verifier)) && 'key') ||
        (!(logged.hash === claims.digest.algorithm && same(logged.digest, claims.digest.value)) && 'digest');
      if (difference) {
        throw errors.refuse(
          'ERR_ENTRY_MISMATCH',
          `the log entry's ${difference} is not the one it was checked against`,
        );
      }
    },
  };
}

/** By shape: an error may come from another realm. */
function refusedWith(error: unknown, code: PluginErrorCode): error is Error {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
