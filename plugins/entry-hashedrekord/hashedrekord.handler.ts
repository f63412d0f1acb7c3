import type { AdmittedEntry, EntryType, PkiKey, PluginApi, PluginErrorCode } from '@countersign/plugin-api';
import { defaultHash } from './algorithms.ts';
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
    const signature = await step(format.parseSignature(spec.signature), 'verifying signature', 'ERR_MALFORMED');
    const signed = { digest: spec.digest, hash: spec.hash };
    const verifying = format.verify({ signed, signature, keys: [key] });
    const signers = await step(verifying, 'verifying signature', 'ERR_SIGNATURE_INVALID');

    return {
      spec: formatSpec({ ...spec, signature: signature.canonical, publicKey: key.canonical }, api),
      indexKeys: keysOf(key, spec),
      verifiers: signers.map(({ key: _, ...verifier }) => ({ ...verifier, hash: spec.hash })),
    };
  }

  function keysOf(key: PkiKey, { hash, digestHex }: Spec): string[] {
    const fingerprint = encoding.toHex(crypto.hash('sha256', key.canonical));
    return [fingerprint, ...key.identities, digestOf({ hash, digestHex })];
  }

  function digestOf({ hash, digestHex }: Pick<Spec, 'hash' | 'digestHex'>): string {
    return `${hash}:${digestHex.toLowerCase()}`;
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

  return {
    async propose({ content, digest, signature, publicKey }) {
      const { members } = await pki.get('x509').parseKey(publicKey);
      const hash = digest?.algorithm ?? defaultHash(members[0].algorithm);
      const digestHex = encoding.toHex(digest?.value ?? crypto.hash(hash, content));
      const spec = formatSpec({ hash, digestHex, signature, publicKey }, api);
      return (await admit(parseSpec(spec, api))).spec;
    },

    async admit(spec) {
      return admit(parseSpec(spec, api));
    },

    async indexKeys(json) {
      const spec = parseSpec(json, api);
      return keysOf(await pki.get('x509').parseKey(spec.publicKey), spec);
    },

    async display(json) {
      const spec = parseSpec(json, api);
      const [subject] = (await pki.get('x509').parseKey(spec.publicKey)).identities;
      return { title: 'Signed artifact', digest: digestOf(spec), ...(subject !== undefined && { subject }) };
    },

    async claims(spec) {
      const { hash, digest, signature, publicKey } = parseSpec(spec, api);
      return { signatures: [{ signature, key: publicKey }], digest: { algorithm: hash, value: digest } };
    },
  };
}

/** By shape: an error may come from another realm. */
function refusedWith(error: unknown, code: PluginErrorCode): error is Error {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
