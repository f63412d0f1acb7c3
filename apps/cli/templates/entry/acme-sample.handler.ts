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
    // The host has refused what the manifest's `takes` does not name: all of these are there.
    async propose({ content, signature, publicKey }, { pkiFormat }) {
      return {
        content: encoding.toBase64(content),
        format: pkiFormat,
        signature: encoding.toBase64(signature),
        publicKey: encoding.toBase64(publicKey),
      };
    },

    admit: (spec) => admit(spec as Spec),

    // What a logged entry vouches for: the host compares it with what a bundle says.
    async claims(spec) {
      const { digest = '', signature, publicKey } = spec as Spec;
      return {
        signatures: [{ signature: encoding.fromBase64(signature), key: encoding.fromBase64(publicKey) }],
        digest: { algorithm: 'sha256', value: encoding.fromHex(digest) },
      };
    },
  };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
