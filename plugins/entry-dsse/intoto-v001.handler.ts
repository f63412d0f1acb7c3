import type { EntryType, JsonObject, PluginApi } from '@countersign/plugin-api';
import { envelopeText } from './artifact.ts';
import { decodeBase64 } from './base64.ts';
import { parseEnvelope } from './envelope.ts';
import { attested, shownAttestation } from './intoto-attested.ts';
import { keyFileIndexKeys, keyIndexKeys, signatureBy } from './signers.ts';
import { statementDigests } from './statement.ts';

interface HashShape {
  readonly value: string;
}

/** What the schema has made sure of. */
interface SpecShape {
  readonly content: {
    readonly envelope?: string;
    readonly hash?: HashShape | null;
    readonly payloadHash?: HashShape | null;
  };
  readonly publicKey: string;
}

/**
 * `intoto` 0.0.1: a DSSE envelope and one X.509 key that signed it. Other signatures the envelope may hold are not
 * looked at. The envelope is verified and then forgotten: the canonical entry holds the key and two digests, and no
 * signature, so it cannot be admitted again.
 */
export default function intotoV001(api: PluginApi): EntryType {
  const { crypto, encoding, errors } = api;
  const sha256 = (bytes: Uint8Array) => encoding.toHex(crypto.hash('sha256', bytes));

  return {
    async propose({ content, publicKey }) {
      const envelope = envelopeText(content, api);
      // What the log would refuse is refused here, before anything is sent.
      await signatureBy(publicKey, parseEnvelope(envelope, api), api);
      const hash = { algorithm: 'sha256', value: sha256(Buffer.from(envelope)) };
      return { content: { envelope, hash }, publicKey: encoding.toBase64(publicKey) };
    },

    async admit(spec: JsonObject) {
      const { content, publicKey } = spec as unknown as SpecShape;
      const text = content.envelope ?? '';
      if (text === '') {
        throw errors.refuse('ERR_ENTRY_INVALID', 'entry not insertable into log: missing envelope content');
      }
      const envelope = parseEnvelope(text, api);
      if (envelope.payloadType === '' || envelope.payload.length === 0) {
        throw errors.refuse('ERR_ENTRY_INVALID', 'entry not insertable into log: invalid DSSE envelope');
      }
      const signed = await signatureBy(decodeBase64(publicKey, 'public key', api), envelope, api);
      const { key } = signed;
      const hash = sha256(Buffer.from(text));
      const payloadHash = sha256(envelope.payload);
      return {
        spec: {
          content: {
            hash: { algorithm: 'sha256', value: hash },
            payloadHash: { algorithm: 'sha256', value: payloadHash },
          },
          publicKey: encoding.toBase64(key.canonical),
        },
        indexKeys: [
          `sha256:${hash}`,
          ...keyIndexKeys([signed], api),
          `sha256:${payloadHash}`,
          ...statementDigests(envelope, api),
        ],
        ...attested(envelope, [signed]),
      };
    },

    /** Without what a statement inside is about: the envelope is not in the log. */
    async indexKeys(spec: JsonObject) {
      const { content, publicKey } = spec as unknown as SpecShape;
      const keys = await keyFileIndexKeys([decodeBase64(publicKey, 'public key', api)], api);
      return [...digestOf(content.hash), ...keys, ...digestOf(content.payloadHash)];
    },

    async display(spec: JsonObject) {
      const { content, publicKey } = spec as unknown as SpecShape;
      return shownAttestation(content.payloadHash?.value, [decodeBase64(publicKey, 'public key', api)], api);
    },

    /** The key and the payload's digest are the bundle's. The entry holds no signature: none is bound by it. */
    // The log keeps no signature.
    async claims() {
      return undefined;
    },
  };
}

function digestOf(hash: HashShape | null | undefined): string[] {
  return hash ? [`sha256:${hash.value}`] : [];
}
