import type {
  Certificate,
  PkiFormat,
  PkiKey,
  PkiSignature,
  PkiVerification,
  PluginApi,
  VerifyKey,
} from '@countersign/plugin-api';
import { KeyCache } from './key-cache.ts';
import { limits } from './limits.ts';
import { ecdsaSignatureToDer } from './p1363.ts';
import { withoutExplanatoryText } from './pem-blocks.ts';

/** What this format knows of a key beside what it shows. */
interface Parsed {
  readonly verifyKey: VerifyKey;
  /** Leaf first. Empty for a bare key. */
  readonly chain: readonly Certificate[];
}

/** Size of one of the two numbers of an ECDSA signature. */
const coordinateBytes: Readonly<Record<string, number>> = { 'ecdsa-p256': 32, 'ecdsa-p384': 48, 'ecdsa-p521': 66 };

/**
 * X.509 keys: a PEM `PUBLIC KEY` (RFC 5280 SubjectPublicKeyInfo), one `CERTIFICATE`, or a
 * chain of them, leaf first and root last. A signature is its raw bytes.
 */
export default function x509(api: PluginApi): PkiFormat {
  const { crypto, encoding, errors } = api;
  const cache = new KeyCache<PkiKey>({ entries: limits.cachedKeys, bytes: limits.cachedBytes });
  const parsed = new WeakMap<PkiKey, Parsed>();

  function keyOf(bytes: Uint8Array): PkiKey {
    const known = cache.get(bytes);
    if (known !== undefined) return known;
    const key = parse(bytes);
    cache.set(bytes, key);
    return key;
  }

  function parse(bytes: Uint8Array): PkiKey {
    if (bytes.length > limits.keyBytes) {
      throw errors.refuse('ERR_TOO_LARGE', `public key is over ${limits.keyBytes} bytes`);
    }
    const blocks = decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'));
    if (blocks.length > limits.chainLength) {
      throw errors.refuse('ERR_MALFORMED', 'too many certificates specified in PEM block');
    }
    const [first] = blocks;
    if (first?.label === 'PUBLIC KEY' && blocks.length === 1) return bareKey(crypto.parseSpki(first.der));
    const other = blocks.find((block) => block.label !== 'CERTIFICATE');
    if (other !== undefined) {
      throw errors.refuse('ERR_MALFORMED', `invalid public key: cannot handle type ${other.label}`);
    }
    return certified(blocks.map((block) => crypto.parseCertificate(block.der)));
  }

  function decode(file: string): ReturnType<typeof encoding.decodePem> {
    try {
      return encoding.decodePem(withoutExplanatoryText(file));
    } catch (cause) {
      throw errors.refuse('ERR_MALFORMED', 'invalid public key: failure decoding PEM', cause);
    }
  }

  function bareKey(verifyKey: VerifyKey): PkiKey {
    return remember(
      {
        canonical: Buffer.from(encoding.encodePem('PUBLIC KEY', verifyKey.spki)),
        identities: [],
        members: [
          { fingerprint: encoding.toHex(crypto.hash('sha256', verifyKey.spki)), algorithm: verifyKey.algorithm },
        ],
      },
      { verifyKey, chain: [] },
    );
  }

  function certified(chain: readonly Certificate[]): PkiKey {
    const [leaf] = chain;
    if (leaf === undefined) throw errors.refuse('ERR_MALFORMED', 'invalid public key: no certificate');
    return remember(
      {
        canonical: Buffer.from(chain.map(({ der }) => encoding.encodePem('CERTIFICATE', der)).join('')),
        identities: leaf.subjectAltNames,
        members: [
          {
            fingerprint: encoding.toHex(crypto.hash('sha256', leaf.der)),
            algorithm: leaf.key.algorithm,
            certificates: chain.map(({ der }) => der),
          },
        ],
      },
      { verifyKey: leaf.key, chain },
    );
  }

  function remember(key: PkiKey, what: Parsed): PkiKey {
    parsed.set(key, what);
    return Object.freeze(key);
  }

  function signedBy(key: PkiKey, { signed, signature, at }: PkiVerification): boolean {
    const own = parsed.get(key) ?? parsed.get(keyOf(key.canonical));
    if (own === undefined) return false;
    const { verifyKey, chain } = own;
    const [leaf] = chain;
    // Certificates that have expired since can still be logged, so the chain is judged as it was at its beginning.
    if (leaf !== undefined && chain.length > 1) crypto.verifyChain(chain, at ?? leaf.notBefore);
    const size = coordinateBytes[verifyKey.algorithm];
    const bytes = size === undefined ? signature.canonical : ecdsaSignatureToDer(signature.canonical, size);
    return crypto.verify(verifyKey, signed, bytes);
  }

  return {
    async parseKey(bytes) {
      return keyOf(bytes);
    },

    async parseSignature(bytes): Promise<PkiSignature> {
      if (bytes.length === 0) throw errors.refuse('ERR_MALFORMED', 'X509 signature has not been initialized');
      if (bytes.length > limits.signatureBytes) {
        throw errors.refuse('ERR_TOO_LARGE', `signature is over ${limits.signatureBytes} bytes`);
      }
      return { canonical: bytes };
    },

    async verify(verification) {
      let refusal: unknown;
      const signers = verification.keys.filter((key) => {
        try {
          return signedBy(key, verification);
        } catch (error) {
          refusal ??= error;
          return false;
        }
      });
      if (signers.length > 0) return signers.map((key) => ({ ...key.members[0], identities: key.identities, key }));
      throw refusal ?? errors.refuse('ERR_SIGNATURE_INVALID', 'invalid signature');
    },
  };
}
