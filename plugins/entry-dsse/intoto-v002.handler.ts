import type { EntryType, JsonObject, PluginApi } from '@countersign/plugin-api';
import { envelopeText } from './artifact.ts';
import { decodeBase64, decodeText } from './base64.ts';
import { type Envelope, parseEnvelope, readEnvelope } from './envelope.ts';
import { attested, shownAttestation } from './intoto-attested.ts';
import { keyFileIndexKeys, keyIndexKeys, type SignedBy, signatureBy } from './signers.ts';
import { statementDigests } from './statement.ts';

interface SignatureShape {
  readonly keyid?: string | null;
  readonly sig: string;
  readonly publicKey: string;
}

/** What the schema has made sure of. */
interface SpecShape {
  readonly content: {
    readonly envelope: {
      readonly payload?: string;
      readonly payloadType: string;
      readonly signatures: readonly SignatureShape[];
    };
    readonly hash?: { readonly value: string } | null;
    readonly payloadHash?: { readonly value: string } | null;
  };
}

/**
 * `intoto` 0.0.2: a DSSE envelope with the X.509 key of each of its signatures. The canonical entry holds all of it
 * but the payload, so it cannot be admitted again. Its `hash` is what the client says: nothing in the proposal could
 * verify it.
 */
export default function intotoV002(api: PluginApi): EntryType {
  const { crypto, encoding, errors, pki } = api;
  const sha256 = (bytes: Uint8Array) => encoding.toHex(crypto.hash('sha256', bytes));
  const invalid = (why: string) => errors.refuse('ERR_ENTRY_INVALID', why);
  const twice = (text: string) => encoding.toBase64(Buffer.from(text));

  function requireContent({ content: { envelope, hash } }: SpecShape): void {
    if ((envelope.payload ?? '') === '') throw invalid('entry not insertable into log: missing envelope content');
    if (envelope.payloadType === '') throw invalid('entry not insertable into log: missing payloadType content');
    if (!hash) throw invalid('missing envelope digest');
    if (!/^[0-9a-fA-F]{64}$/.test(hash.value)) throw invalid('invalid value for hash');
  }

  function keyFilesOf(signatures: readonly SignatureShape[]): Uint8Array[] {
    return signatures.map(({ publicKey }) => decodeBase64(publicKey, 'public key', api));
  }

  /** The key beside each signature made it, in the signatures' order. */
  async function signersOf(envelope: Envelope, keyFiles: readonly Uint8Array[]): Promise<SignedBy[]> {
    const signed: SignedBy[] = [];
    for (const [index, keyFile] of keyFiles.entries()) {
      const by = await signatureBy(keyFile, envelope, api);
      if (by.text !== envelope.signatures[index]?.text) {
        throw errors.refuse('ERR_SIGNATURE_INVALID', 'all signatures must have a key of their own that verifies them');
      }
      signed.push(by);
    }
    return signed;
  }

  return {
    async propose({ content, publicKeys }) {
      const text = envelopeText(content, api);
      const envelope = parseEnvelope(text, api);
      const found = new Map<string, SignedBy>();
      for (const publicKey of publicKeys) {
        const signed = await signatureBy(publicKey, envelope, api);
        found.set(signed.text, signed);
      }
      return {
        content: {
          envelope: {
            payload: twice(encoding.toBase64(envelope.payload)),
            payloadType: envelope.payloadType,
            signatures: envelope.signatures.map(({ keyid, text: sig }) => {
              const key = found.get(sig)?.key;
              if (key === undefined) throw invalid('all signatures must have a key that verifies it');
              return {
                ...(keyid !== undefined && { keyid }),
                publicKey: encoding.toBase64(key.canonical),
                sig: twice(sig),
              };
            }),
          },
          hash: { algorithm: 'sha256', value: sha256(Buffer.from(text)) },
        },
      };
    },

    async admit(spec: JsonObject) {
      const shape = spec as unknown as SpecShape;
      requireContent(shape);
      const { hash, envelope: sent } = shape.content;
      const signatures = sent.signatures.map(({ keyid, sig, publicKey }) => ({
        ...(keyid && { keyid }),
        publicKey: decodeBase64(publicKey, 'public key', api),
        sig: decodeText(sig, 'signature', api),
      }));
      const envelope = readEnvelope(
        {
          payload: decodeText(sent.payload ?? '', 'payload', api),
          payloadType: sent.payloadType,
          signatures: signatures.map(({ sig }) => ({ sig })),
        },
        api,
      );
      const signed = await signersOf(
        envelope,
        signatures.map(({ publicKey }) => publicKey),
      );
      const payloadHash = sha256(envelope.payload);
      return {
        spec: {
          content: {
            envelope: {
              payloadType: sent.payloadType,
              // As upstream: the key stands in the log as it was sent, not in its canonical form.
              signatures: signatures.map(({ publicKey, sig, ...rest }) => ({
                ...rest,
                publicKey: encoding.toBase64(publicKey),
                sig: twice(sig),
              })),
            },
            hash: { algorithm: 'sha256', value: hash?.value },
            payloadHash: { algorithm: 'sha256', value: payloadHash },
          },
        },
        indexKeys: [...keyIndexKeys(signed, api), `sha256:${payloadHash}`, ...statementDigests(envelope, api)],
        ...attested(envelope, signed),
      };
    },

    /** Without what a statement inside is about: the payload is not in the log. */
    async indexKeys(spec: JsonObject) {
      const { envelope, payloadHash } = (spec as unknown as SpecShape).content;
      const keys = await keyFileIndexKeys(keyFilesOf(envelope.signatures), api);
      return [...keys, ...(payloadHash ? [`sha256:${payloadHash.value}`] : [])];
    },

    async display(spec: JsonObject) {
      const { envelope, payloadHash } = (spec as unknown as SpecShape).content;
      return shownAttestation(payloadHash?.value, keyFilesOf(envelope.signatures), api);
    },

    /** The digest is the payload's. Keys stand in the log as they were sent: a bundle names them in canonical form. */
    async claims(spec) {
      const { envelope, payloadHash } = (spec as unknown as SpecShape).content;
      const signatures = envelope.signatures.map(async ({ sig, publicKey }) => ({
        signature: decodeBase64(decodeText(sig, 'signature', api), 'signature', api),
        key: (await pki.get('x509').parseKey(decodeBase64(publicKey, 'public key', api))).canonical,
      }));
      // Only a proposal lacks the digest.
      if (!payloadHash) throw invalid('missing payload digest');
      return {
        signatures: await Promise.all(signatures),
        digest: { algorithm: 'sha256', value: encoding.fromHex(payloadHash.value) },
      };
    },
  };
}
