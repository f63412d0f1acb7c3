import type { AdmittedEntry, EntryType, PluginApi } from '@countersign/plugin-api';
import { verifyJar } from './signed-jar.ts';
import { formatSpec, parseSpec, type Spec } from './spec.ts';

/**
 * `jar` 0.0.1: a signed Java archive, with key and signature inside. The archive is verified and then
 * forgotten: the canonical entry holds its SHA-256 digest, so it cannot be admitted again.
 */
export default function jar(api: PluginApi): EntryType {
  const { crypto, encoding, errors, pki } = api;

  async function admit(spec: Spec): Promise<AdmittedEntry> {
    const { content } = spec;
    if (content === undefined) {
      const missing =
        spec.signature === undefined
          ? `'content' must be specified for package`
          : 'entry not insertable into log: missing archive content';
      throw errors.refuse('ERR_ENTRY_INVALID', missing);
    }
    const digestHex = encoding.toHex(crypto.hash('sha256', content));
    if (spec.digestHex !== undefined && spec.digestHex !== digestHex) {
      throw errors.refuse('ERR_ENTRY_INVALID', `SHA mismatch: ${digestHex} != ${spec.digestHex}`);
    }
    const { signature, key, signers } = await verifyJar(api, content);
    return {
      spec: formatSpec({ digestHex, signature: signature.canonical, publicKey: key.canonical }, api),
      indexKeys: keysOf(signature.canonical, digestHex),
      verifiers: signers.map(({ key: _, ...verifier }) => verifier),
    };
  }

  /** As upstream has it: by the signature and not by the key. */
  function keysOf(signature: Uint8Array, digestHex: string): string[] {
    return [encoding.toHex(crypto.hash('sha256', signature)), `sha256:${digestHex}`];
  }

  return {
    async propose({ content }) {
      const spec = { content, digestHex: encoding.toHex(crypto.hash('sha256', content)) };
      // What the log would refuse is refused here, before anything is sent.
      await admit(spec);
      return formatSpec(spec, api);
    },

    async admit(spec) {
      return admit(parseSpec(spec, api));
    },

    async indexKeys(spec) {
      const { signature, digestHex } = parseSpec(spec, api);
      if (signature === undefined || digestHex === undefined) {
        throw errors.refuse('ERR_ENTRY_INVALID', 'a logged entry has hash and signature');
      }
      return keysOf(signature, digestHex);
    },

    async display(spec) {
      const { digestHex = '', publicKey } = parseSpec(spec, api);
      const [subject] = publicKey === undefined ? [] : (await pki.get('pkcs7').parseKey(publicKey)).identities;
      return { title: 'Signed JAR', digest: `sha256:${digestHex}`, ...(subject !== undefined && { subject }) };
    },

    /** The signature is the PKCS #7 file as it is stored, the key the certificates in it. */
    async claims(spec) {
      const { digestHex = '', signature, publicKey } = parseSpec(spec, api);
      if (signature === undefined || publicKey === undefined) return undefined;
      const digest = { algorithm: 'sha256', value: encoding.fromHex(digestHex) } as const;
      return { signatures: [{ signature, key: publicKey }], digest };
    },
  };
}
