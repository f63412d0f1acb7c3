import type { AdmittedEntry, EntryType, PluginApi } from '@countersign/plugin-api';
import { parseEnvelope } from './envelope.ts';
import { type SignedBy, signatureBy } from './signers.ts';
import { formatProposal, formatStored, type Proposal, parseProposal, parseStored } from './spec.ts';
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
    const subject = signed.flatMap(({ key }) => key.identities)[0];
    return {
      spec: formatStored({ signatures, envelopeHash, payloadHash }, api),
      indexKeys: [
        ...signed.flatMap(({ key }) => [`sha256:${sha256(key.canonical)}`, ...key.identities]),
        `sha256:${payloadHash}`,
        `sha256:${envelopeHash}`,
        ...statementDigests(envelope, api),
      ],
      verifiers: signed.map(({ signer: { key: _, ...verifier } }) => verifier),
      display: { title: 'Signed envelope', digest: `sha256:${payloadHash}`, ...(subject !== undefined && { subject }) },
    };
  }

  return {
    async propose({ content, digest, signature, publicKeys }, { pkiFormat }) {
      const refuse = (why: string) => errors.refuse('ERR_ENTRY_INVALID', why);
      if (pkiFormat !== 'x509') throw refuse('dsse entries can only be created with x509 keys');
      if (content === undefined) throw refuse('path to artifact file must be specified');
      if (signature !== undefined) throw refuse('a dsse envelope holds its signatures: no detached one is taken');
      if (publicKeys.length === 0) throw refuse('at least one public key must be provided');
      if (digest !== undefined && Buffer.compare(digest.value, crypto.hash(digest.algorithm, content)) !== 0) {
        throw refuse('the digest given is not that of the artifact');
      }
      const envelope = Buffer.from(content).toString('utf8');
      // The log keeps the digest of the text it is sent: it must be that of the file.
      if (Buffer.compare(Buffer.from(envelope), content) !== 0) throw refuse('the dsse envelope is not UTF-8');
      const { signed } = await verified({ envelope, verifiers: publicKeys });
      return formatProposal({ envelope, verifiers: signed.map(({ key }) => key.canonical) }, api);
    },

    async admit(spec) {
      return admit(parseProposal(spec, api));
    },

    /** One signature of the entry, with its key, is the bundle's; the digest is the payload's. */
    async matches(spec, { signature, verifier, digest }) {
      const { signatures, payloadHash } = parseStored(spec, api);
      const keys = signatures
        .filter((one) => one.signature === encoding.toBase64(signature))
        .map((one) => one.verifier);
      const sameKey = (key: Uint8Array) => Buffer.compare(encoding.decodePem(key)[0]?.der ?? key, verifier) === 0;
      const difference =
        (keys.length === 0 && 'signature') ||
        (!keys.some(sameKey) && 'key') ||
        (!(digest.algorithm === 'sha256' && encoding.toHex(digest.value) === payloadHash) && 'digest');
      if (difference) {
        throw errors.refuse(
          'ERR_ENTRY_MISMATCH',
          `the log entry's ${difference} is not the one it was checked against`,
        );
      }
    },
  };
}
