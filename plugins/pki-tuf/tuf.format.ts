import type {
  PkiFormat,
  PkiKey,
  PkiMember,
  PkiSignature,
  PkiSigner,
  PluginApi,
  Signed,
  VerifyKey,
} from '@countersign/plugin-api';
import { parseJson } from './json.ts';
import { limits } from './limits.ts';
import { type Metadata, readMetadata } from './metadata.ts';
import { type Root, readRoot } from './root.ts';
import { signersOf } from './threshold.ts';

/** A root that has verified itself. */
interface Trusted {
  readonly root: Root;
  readonly expires: Date;
}

/**
 * TUF (The Update Framework) metadata. The key is a root file, signed by itself; a signature is any
 * top-level metadata file, which carries what it signs.
 */
export default function tuf(api: PluginApi): PkiFormat {
  const { crypto, encoding, errors } = api;
  const roots = new WeakMap<PkiKey, Trusted>();
  const files = new WeakMap<PkiSignature, Metadata>();

  function keyOf(bytes: Uint8Array): [PkiKey, Trusted] {
    const metadata = readMetadata(api, bytes, limits.rootBytes);
    const root = readRoot(api, metadata.signed);
    const signed = signersOf(api, root, metadata);
    if ('fault' in signed) throw invalid(`invalid TUF root: ${signed.fault}`);
    const key = Object.freeze({
      canonical: metadata.canonical,
      identities: [],
      members: membersOf(root),
    });
    return [key, { root, expires: metadata.expires }];
  }

  /**
   * Whether an artifact is what the metadata signs: the signed text itself, or the metadata file with nothing added.
   * Without this any artifact could be logged beside somebody's metadata.
   */
  function binds({ text, canonical }: Metadata, signed: Signed): boolean {
    if ('digest' in signed) {
      return [text, canonical].some((bytes) => equal(crypto.hash(signed.hash, bytes), signed.digest));
    }
    return equal(text, signed.message) || equal(canonical, canonicalOf(signed.message) ?? new Uint8Array());
  }

  /** RFC 8785 JSON of all a file holds. */
  function canonicalOf(bytes: Uint8Array): Uint8Array | undefined {
    if (bytes.length > limits.metadataBytes) return undefined;
    try {
      return encoding.canonicalJson(parseJson(bytes));
    } catch {
      return undefined; // Some other artifact, which it may be.
    }
  }

  /** Its keys, each once, whatever IDs it has. One at least signed it. */
  function membersOf(root: Root): PkiKey['members'] {
    const distinct = new Map([...root.keys.values()].map(memberOf).map((member) => [member.fingerprint, member]));
    return [...distinct.values()] as unknown as PkiKey['members'];
  }

  function memberOf({ spki, algorithm }: VerifyKey): PkiMember {
    return { fingerprint: encoding.toHex(crypto.hash('sha256', spki)), algorithm };
  }

  function invalid(why: string): Error {
    return errors.refuse('ERR_SIGNATURE_INVALID', why);
  }

  return {
    async parseKey(bytes) {
      const [key, trusted] = keyOf(bytes);
      roots.set(key, trusted);
      return key;
    },

    async parseSignature(bytes) {
      const metadata = readMetadata(api, bytes, limits.metadataBytes);
      const signature = Object.freeze({ canonical: metadata.canonical });
      files.set(signature, metadata);
      return signature;
    },

    async verify({ signed, signature, keys, at }) {
      const metadata = files.get(signature) ?? readMetadata(api, signature.canonical, limits.metadataBytes);
      if (!binds(metadata, signed)) throw invalid('the artifact is not what the TUF metadata signs');
      let refusal: string | undefined;
      const found = keys.flatMap((key): PkiSigner[] => {
        const { root, expires } = roots.get(key) ?? keyOf(key.canonical)[1];
        const expired = at !== undefined && [expires, metadata.expires].some((end) => end <= at);
        const judged = expired ? { fault: 'root or metadata has expired' } : signersOf(api, root, metadata);
        if ('signers' in judged) return judged.signers.map((signer) => ({ ...memberOf(signer), identities: [], key }));
        refusal ??= judged.fault;
        return [];
      });
      if (found.length > 0) return found;
      throw invalid(`invalid TUF metadata: ${refusal ?? 'there is no root'}`);
    },
  };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
