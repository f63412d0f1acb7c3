import type { AdmittedEntry, EntryType, PkiKey, PkiSignature, PluginApi } from '@countersign/plugin-api';
import { formatSpec, parseSpec, type Spec } from './spec.ts';

/**
 * `rekord` 0.0.1: an artifact with a detached signature, in any PKI format that is loaded. The
 * artifact is verified and then forgotten: the canonical entry holds its SHA-256 digest, so it
 * cannot be admitted again.
 */
export default function rekord(api: PluginApi): EntryType {
  const { crypto, encoding, errors, pki } = api;

  async function admit(spec: Spec): Promise<AdmittedEntry> {
    const { content } = spec;
    if (content === undefined) {
      const missing =
        spec.digestHex === undefined
          ? `'content' must be specified for data`
          : 'entry not insertable into log: missing data content';
      throw errors.refuse('ERR_ENTRY_INVALID', missing);
    }
    const format = pki.get(spec.format);
    const digestHex = encoding.toHex(crypto.hash('sha256', content));
    if (spec.digestHex !== undefined && spec.digestHex !== digestHex) {
      throw errors.refuse('ERR_ENTRY_INVALID', `SHA mismatch: ${digestHex} != ${spec.digestHex}`);
    }
    const signature = await format.parseSignature(spec.signature);
    const key = await format.parseKey(spec.publicKey);
    const signers = await format.verify({
      signed: { message: signedText(signature, content) },
      signature,
      keys: [key],
    });

    const stored = { format: spec.format, digestHex, signature: signature.canonical, publicKey: key.canonical };
    return {
      spec: formatSpec(stored, api),
      indexKeys: keysOf(key, digestHex),
      verifiers: signers.map(({ key: _, ...verifier }) => verifier),
    };
  }

  /** A signature that carries its text verifies that text, which must then be the artifact. */
  function signedText({ message }: PkiSignature, content: Uint8Array): Uint8Array {
    if (message === undefined || same(message, content)) return content;
    throw errors.refuse('ERR_SIGNATURE_INVALID', 'the signature carries another text than the artifact');
  }

  function keysOf({ canonical, identities }: PkiKey, digestHex: string): string[] {
    return [encoding.toHex(crypto.hash('sha256', canonical)), ...identities, `sha256:${digestHex}`];
  }

  return {
    async propose({ content, signature, publicKey }, { pkiFormat }) {
      const digestHex = encoding.toHex(crypto.hash('sha256', content));
      const spec = { format: pkiFormat, digestHex, content, signature, publicKey };
      // What the log would refuse is refused here, before anything is sent.
      await admit(spec);
      return formatSpec(spec, api);
    },

    async admit(spec) {
      return admit(parseSpec(spec, api));
    },

    async indexKeys(spec) {
      const { format, digestHex = '', publicKey } = parseSpec(spec, api);
      return keysOf(await pki.get(format).parseKey(publicKey), digestHex);
    },

    async display(spec) {
      const { format, digestHex = '', publicKey } = parseSpec(spec, api);
      const [subject] = (await pki.get(format).parseKey(publicKey)).identities;
      return { title: 'Signed artifact', digest: `sha256:${digestHex}`, ...(subject !== undefined && { subject }) };
    },

    async claims(spec) {
      const { digestHex = '', signature, publicKey } = parseSpec(spec, api);
      const digest = { algorithm: 'sha256', value: encoding.fromHex(digestHex) } as const;
      return { signatures: [{ signature, key: publicKey }], digest };
    },
  };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
