import type { AdmittedEntry, EntryType, JsonObject, PluginApi, Verifier } from '@countersign/plugin-api';
import { readResponse } from './response.ts';

/** What the schema has made sure of. */
interface SpecShape {
  readonly tsr: { readonly content: string };
}

/**
 * `rfc3161` 0.0.1: the response of a timestamp authority, stored as it is. Its token verifies by the certificate that
 * it names and that came along; whether to trust that certificate is not asked.
 *
 * `matches` binds the signature, which is the whole response, the certificate that signed, and as digest the SHA-256 of
 * the response. What was stamped is no part of it.
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

  async function isSigner(certificate: Uint8Array, response: Uint8Array): Promise<boolean> {
    const named = encoding.toHex(crypto.hash('sha256', certificate));
    return (await signersOf(response)).some(({ fingerprint }) => fingerprint === named);
  }

  async function admit(response: Uint8Array): Promise<AdmittedEntry> {
    const verifiers = await signersOf(response);
    const digest = digestOf(response);
    return { spec: format(response), indexKeys: [digest], verifiers, display: { title: 'Timestamp', digest } };
  }

  function digestOf(response: Uint8Array): string {
    return `sha256:${encoding.toHex(crypto.hash('sha256', response))}`;
  }

  function format(response: Uint8Array): JsonObject {
    return { tsr: { content: encoding.toBase64(response) } };
  }

  return {
    async propose({ content, digest, signature, publicKeys }) {
      if (content === undefined || content.length === 0) {
        throw errors.refuse('ERR_ENTRY_INVALID', 'path to artifact file must be specified: the timestamp response');
      }
      if (signature !== undefined || publicKeys.length > 0) {
        throw errors.refuse('ERR_ENTRY_INVALID', 'a timestamp response carries signature and key: no others are taken');
      }
      if (digest !== undefined && !same(digest.value, crypto.hash(digest.algorithm, content))) {
        throw errors.refuse('ERR_ENTRY_INVALID', 'the digest given is not that of the artifact');
      }
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

    async matches(spec, { signature, verifier, digest }) {
      const response = parse(spec);
      const difference =
        (!same(response, signature) && 'signature') ||
        (!(digest.algorithm === 'sha256' && same(crypto.hash('sha256', response), digest.value)) && 'digest') ||
        (!(await isSigner(verifier, response)) && 'key');
      if (difference) {
        throw errors.refuse(
          'ERR_ENTRY_MISMATCH',
          `the log entry's ${difference} is not the one it was checked against`,
        );
      }
    },
  };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
