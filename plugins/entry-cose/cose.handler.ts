import type { AdmittedEntry, EntryType, PkiKey, PluginApi, VerifyKey } from '@countersign/plugin-api';
import { readSign1 } from './sign1.ts';
import { formatProposal, formatStored, type Proposal, parseProposal, parseStored, type Stored } from './spec.ts';
import { subjectDigests } from './statement.ts';
import { verifySign1 } from './verify.ts';

/**
 * `cose` 0.0.1: a COSE_Sign1 message with its payload inside. It is verified and then forgotten: the canonical entry
 * holds the digests of message and payload, and the key, so it cannot be admitted again. The message is kept beside.
 */
export default function cose(api: PluginApi): EntryType {
  const { crypto, encoding, errors, pki } = api;
  const hash = (bytes: Uint8Array) => encoding.toHex(crypto.hash('sha256', bytes));

  async function admit({ message, publicKey, aad }: Proposal): Promise<AdmittedEntry> {
    const key = await pki.get('x509').parseKey(publicKey);
    const sign1 = readSign1(api, message);
    verifySign1(api, sign1, verifyKeyOf(key), aad);

    const stored = { publicKey: key.canonical, payloadHash: hash(sign1.payload), envelopeHash: hash(message) };
    return {
      spec: formatStored(stored, api),
      indexKeys: [...keysOf(key, stored), ...subjectDigests(sign1, api)],
      verifiers: [{ ...key.members[0], identities: key.identities }],
      attestation: message,
    };
  }

  function keysOf({ canonical, identities }: PkiKey, { envelopeHash, payloadHash }: Stored): string[] {
    return [hash(canonical), ...identities, `sha256:${envelopeHash}`, `sha256:${payloadHash}`];
  }

  /** The key that signs: of a chain the first certificate's, once the chain holds at that one's beginning. */
  function verifyKeyOf({ canonical }: PkiKey): VerifyKey {
    const { label, der } = firstBlock(canonical);
    if (label !== 'CERTIFICATE') return crypto.parseSpki(der);
    const leaf = crypto.parseCertificate(der);
    const chain = encoding.decodePem(canonical).map((block) => crypto.parseCertificate(block.der));
    if (chain.length > 1) crypto.verifyChain(chain, leaf.notBefore);
    return leaf.key;
  }

  function firstBlock(pem: Uint8Array): { readonly label: string; readonly der: Uint8Array } {
    const [block] = encoding.decodePem(pem);
    if (block !== undefined) return block;
    throw errors.refuse('ERR_MALFORMED', 'malformed public key: no PEM');
  }

  return {
    async propose({ content, publicKey }, { aad = new Uint8Array() }) {
      const proposal = { message: content, publicKey, aad };
      // What the log would refuse is refused here, before anything is sent.
      await admit(proposal);
      return formatProposal(proposal, api);
    },

    async admit(spec) {
      return admit(parseProposal(spec, api));
    },

    /** Without what a statement inside is about: the message is not in the log. */
    async indexKeys(spec) {
      const stored = parseStored(spec, api);
      return keysOf(await pki.get('x509').parseKey(stored.publicKey), stored);
    },

    async display(spec) {
      const { publicKey, payloadHash } = parseStored(spec, api);
      const [subject] = (await pki.get('x509').parseKey(publicKey)).identities;
      return { title: 'COSE message', digest: `sha256:${payloadHash}`, ...(subject !== undefined && { subject }) };
    },

    /** The signature is the whole message, of which its digest is kept; the digest is the payload's. */
    async claims(spec) {
      const { publicKey, payloadHash, envelopeHash } = parseStored(spec, api);
      return {
        signatures: [{ signature: { sha256: encoding.fromHex(envelopeHash) }, key: publicKey }],
        digest: { algorithm: 'sha256', value: encoding.fromHex(payloadHash) },
      };
    },
  };
}
