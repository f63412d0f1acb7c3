import type { AdmittedEntry, EntryType, JsonObject, PluginApi } from '@countersign/plugin-api';

/** What the schema has made sure of, sizes among it. */
interface Spec extends JsonObject {
  /** Base64, as all files here. */
  readonly content?: string;
  readonly digest?: string;
  readonly format: string;
  readonly signature: string;
  readonly publicKey: string;
}

/** An artifact with a detached signature, in any PKI format that is loaded. The log keeps the artifact's digest. */
export default function handler(api: PluginApi): EntryType {
  const { crypto, encoding, errors, pki } = api;
  const sha256 = (bytes: Uint8Array): string => encoding.toHex(crypto.hash('sha256', bytes));

  async function admit({ content, digest, format: id, signature: file, publicKey }: Spec): Promise<AdmittedEntry> {
    if (content === undefined) throw errors.refuse('ERR_ENTRY_INVALID', 'the artifact is missing');
    const artifact = encoding.fromBase64(content);
    const hex = sha256(artifact);
    if (digest !== undefined && digest !== hex) throw errors.refuse('ERR_ENTRY_INVALID', 'digest is another');

    const format = pki.get(id);
    const key = await format.parseKey(encoding.fromBase64(publicKey));
    const signature = await format.parseSignature(encoding.fromBase64(file));
    // A format may sign text that the signature file carries. It must be the artifact, to the byte.
    if (signature.message !== undefined && !same(signature.message, artifact)) {
      throw errors.refuse('ERR_SIGNATURE_INVALID', 'the signature carries another text than the artifact');
    }
    const signers = await format.verify({ signed: { message: artifact }, signature, keys: [key] });

    return {
      spec: {
        digest: hex,
        format: id,
        signature: encoding.toBase64(signature.canonical),
        publicKey: encoding.toBase64(key.canonical),
      },
      // The first is this type's own; the others are what every log client searches by.
      indexKeys: [`acme-sample:${hex}`, `sha256:${hex}`, sha256(key.canonical), ...key.identities],
      verifiers: signers.map(({ key: _, ...verifier }) => verifier),
    };
  }

  return {
    async propose({ content, signature, publicKeys }, { pkiFormat }) {
      const [publicKey, ...others] = publicKeys;
      if (content === undefined || signature === undefined || publicKey === undefined || others.length > 0) {
        throw errors.refuse('ERR_ENTRY_INVALID', 'it takes an artifact, a signature and one public key');
      }
      return {
        content: encoding.toBase64(content),
        format: pkiFormat,
        signature: encoding.toBase64(signature),
        publicKey: encoding.toBase64(publicKey),
      };
    },

    admit: (spec) => admit(spec as Spec),

    async matches(spec, { signature, verifier, digest }) {
      const logged = spec as Spec;
      const binds =
        digest.algorithm === 'sha256' &&
        logged.digest === encoding.toHex(digest.value) &&
        logged.signature === encoding.toBase64(signature) &&
        same(verifierOf(encoding.fromBase64(logged.publicKey)), verifier);
      if (!binds) throw errors.refuse('ERR_ENTRY_MISMATCH', 'the entry is about something else');
    },
  };

  /** The key as a bundle names it: DER where the key file is PEM. */
  function verifierOf(key: Uint8Array): Uint8Array {
    try {
      return encoding.decodePem(key)[0]?.der ?? key;
    } catch {
      return key;
    }
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
