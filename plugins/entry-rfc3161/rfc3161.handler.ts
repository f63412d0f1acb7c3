import type { AdmittedEntry, EntryType, JsonObject, PluginApi, Verifier } from '@countersign/plugin-api';
import { readResponse } from './response.ts';

/** What the schema has made sure of. */
interface SpecShape {
  readonly tsr: { readonly content: string };
}

/**
 * `rfc3161` 0.0.1: the response of a timestamp authority, stored as it is. Its token verifies by the certificate that
 * it names and that came along; whether to trust that certificate is not asked.
 */
export default function rfc3161(api: PluginApi): EntryType {
  const { crypto, encoding, errors, pki } = api;

  function parse(json: JsonObject): Uint8Array {
    const { content } = (json as unknown as SpecShape).tsr;
    if (content === '') throw errors.refuse('ERR_ENTRY_INVALID', `'content' must be specified for tsr`);
    try {
      // Encoders that wrap their lines are common, and upstream accepts them.
      return encoding.fromBase64(content.replace(/[\r\n]+/g, ''));
    } catch (cause) {
      throw errors.refuse('ERR_MALFORMED', 'failed parsing base64 data for tsr content', cause);
    }
  }

  /** Whoever signed, by certificate, each once. */
  async function signersOf(response: Uint8Array): Promise<readonly Verifier[]> {
    const { token, info, certificates } = readResponse(api, response);
    const format = pki.get('pkcs7');
    const signature = await format.parseSignature(token);
    const pem = (der: Uint8Array) => Buffer.from(encoding.encodePem('CERTIFICATE', der));
    // The signer's own is among them, or there is none: it needs no other to stand for it.
    const keys = await Promise.all(certificates.map((der) => format.parseKey(pem(der))));
    const signers = await format.verify({ signed: { message: info }, signature, keys });
    const distinct = new Map(signers.map(({ key: _, ...verifier }) => [verifier.fingerprint, verifier]));
    return [...distinct.values()];
  }

  async function admit(response: Uint8Array): Promise<AdmittedEntry> {
    const verifiers = await signersOf(response);
    return { spec: format(response), indexKeys: [digestOf(response)], verifiers };
  }

  function digestOf(response: Uint8Array): string {
    return `sha256:${encoding.toHex(crypto.hash('sha256', response))}`;
  }

  function format(response: Uint8Array): JsonObject {
    return { tsr: { content: encoding.toBase64(response) } };
  }

  return {
    async propose({ content }) {
      // What the log would refuse is refused here, before anything is sent.
      const { spec } = await admit(content);
      return spec;
    },

    async admit(spec) {
      return admit(parse(spec));
    },

    async indexKeys(spec) {
      return [digestOf(parse(spec))];
    },

    async display(spec) {
      return { title: 'Timestamp', digest: digestOf(parse(spec)) };
    },

    /**
     * The signature is the whole response, by each certificate that signed it; the digest is the response's: what was
     * stamped is no part of it.
     */
    async claims(spec) {
      const response = parse(spec);
      const signers = new Set((await signersOf(response)).map(({ fingerprint }) => fingerprint));
      const certificates = readResponse(api, response).certificates.filter((der) =>
        signers.has(encoding.toHex(crypto.hash('sha256', der))),
      );
      return {
        signatures: certificates.map((key) => ({ signature: response, key })),
        digest: { algorithm: 'sha256', value: crypto.hash('sha256', response) },
      };
    },
  };
}
