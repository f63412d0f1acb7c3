import type { AdmittedEntry, EntryType, PluginApi } from '@countersign/plugin-api';
import { envelopeText } from './artifact.ts';
import { decodeBase64 } from './base64.ts';
import { formatProposal, formatStored, type Proposal, parseProposal, parseStored } from './dsse-spec.ts';
import { parseEnvelope } from './envelope.ts';
import { firstSubject, keyFileIndexKeys, keyIndexKeys, type SignedBy, signatureBy } from './signers.ts';
import { statementDigests } from './statement.ts';

/**
 * `dsse` 0.0.1: a DSSE envelope, every signature of which was made by one of the X.509 keys given. The envelope is
 * verified and then forgotten: the canonical entry holds the signatures with their keys and two digests, so it
 * cannot be admitted again.
 */
export default function dsse(api: PluginApi): EntryType {
  const { crypto, encoding, errors } = api;
  const sha256 = (bytes: Uint8Array) => encoding.toHex(crypto.hash('sha256', bytes));

  /** Every signature with its key, in the order the log keeps them. */
  async function verified({ envelope: text, verifiers }: Proposal) {
    const envelope = parseEnvelope(text, api);
    const missing = new Set(envelope.signatures.map((signature) => signature.text));
    const found = new Map<string, SignedBy>();
    for (const verifier of verifiers) {
      // As upstream: what comes after the last key that is needed is not looked at.
      if (missing.size === 0) break;
      const signed = await signatureBy(verifier, envelope, api);
      missing.delete(signed.text);
      found.set(signed.text, signed);
    }
    if (missing.size > 0) {
      throw errors.refuse('ERR_SIGNATURE_INVALID', 'all signatures must have a key that verifies it');
    }
    return { envelope, signed: [...found.values()].sort((a, b) => (a.text < b.text ? -1 : 1)) };
  }

  async function admit(proposal: Proposal): Promise<AdmittedEntry> {
    const { envelope, signed } = await verified(proposal);
    const payloadHash = sha256(envelope.payload);
    const envelopeHash = sha256(Buffer.from(proposal.envelope));
    const signatures = signed.map(({ text, key }) => ({ signature: text, verifier: key.canonical }));
    return {
      spec: formatStored({ signatures, envelopeHash, payloadHash }, api),
      indexKeys: [
        ...keyIndexKeys(signed, api),
        `sha256:${payloadHash}`,
        `sha256:${envelopeHash}`,
        ...statementDigests(envelope, api),
      ],
      verifiers: signed.map(({ signer: { key: _, ...verifier } }) => verifier),
    };
  }

  return {
    async propose({ content, publicKeys }) {
      const envelope = envelopeText(content, api);
      const { signed } = await verified({ envelope, verifiers: publicKeys });
      return formatProposal({ envelope, verifiers: signed.map(({ key }) => key.canonical) }, api);
    },

    async admit(spec) {
      return admit(parseProposal(spec, api));
    },

    /** Without what a statement inside is about: the envelope is not in the log. */
    async indexKeys(spec) {
      const { signatures, payloadHash, envelopeHash } = parseStored(spec, api);
      const keys = await keyFileIndexKeys(
        signatures.map(({ verifier }) => verifier),
        api,
      );
      return [...keys, `sha256:${payloadHash}`, `sha256:${envelopeHash}`];
    },

    async display(spec) {
      const { signatures, payloadHash } = parseStored(spec, api);
      const keyFiles = signatures.map(({ verifier }) => verifier);
      return { title: 'Signed envelope', digest: `sha256:${payloadHash}`, ...(await firstSubject(keyFiles, api)) };
    },

    /** The digest is the payload's. */
    async claims(spec) {
      const { signatures, payloadHash } = parseStored(spec, api);
      return {
        signatures: signatures.map(({ signature, verifier }) => ({
          signature: decodeBase64(signature, 'signature', api),
          key: verifier,
        })),
        digest: { algorithm: 'sha256', value: encoding.fromHex(payloadHash) },
      };
    },
  };
}
