import type {
  Certificate,
  PkiFormat,
  PkiKey,
  PkiMember,
  PkiSignature,
  PkiSigner,
  PluginApi,
} from '@countersign/plugin-api';
import { type BagCertificate, findChain, readBagCertificate } from './certificates.ts';
import { equal } from './der.ts';
import { limits } from './limits.ts';
import { readSignedData, type SignedData } from './signed-data.ts';
import { isSignedBy } from './verify-signer.ts';

/**
 * PKCS #7 and CMS SignedData (RFC 2315, RFC 5652), PEM or DER. A signature is detached before
 * anything else; the key is the first certificate of such a file, or a certificate in PEM.
 */
export default function pkcs7(api: PluginApi): PkiFormat {
  const { crypto, encoding, errors } = api;
  const certificates = new WeakMap<PkiKey, BagCertificate>();
  const files = new WeakMap<PkiSignature, SignedData>();

  function decode(bytes: Uint8Array): { readonly label: string; readonly der: Uint8Array } {
    if (bytes.length > limits.fileBytes)
      throw errors.refuse('ERR_TOO_LARGE', `PKCS7 is over ${limits.fileBytes} bytes`);
    // A SEQUENCE; no PEM starts so.
    if (bytes[0] === 0x30) return { label: 'PKCS7', der: bytes };
    const [block, ...rest] = encoding.decodePem(bytes);
    if (block === undefined || rest.length > 0) throw errors.refuse('ERR_MALFORMED', 'malformed PKCS7: not one block');
    return block;
  }

  function certificateOf(bytes: Uint8Array): BagCertificate {
    const { label, der } = decode(bytes);
    if (label === 'CERTIFICATE') return readBagCertificate(api, encoding.readDer(der));
    const [first] = readSignedData(api, checkLabel(label, der)).certificates;
    if (first !== undefined) return first;
    throw errors.refuse('ERR_MALFORMED', 'unable to extract public key from certificate inside PKCS7 bundle');
  }

  function fileOf(bytes: Uint8Array): SignedData {
    const { label, der } = decode(bytes);
    return readSignedData(api, checkLabel(label, der));
  }

  function checkLabel(label: string, der: Uint8Array): Uint8Array {
    if (label === 'PKCS7') return der;
    throw errors.refuse('ERR_MALFORMED', `unknown PEM block type ${label} found during PKCS7 parsing`);
  }

  /** The keys that stand for a signer: its certificate, or one that certified it. Refuses when there is none. */
  function standing(keys: readonly PkiKey[], signer: BagCertificate, file: SignedData, at?: Date): readonly PkiKey[] {
    let refusal: unknown;
    const found = keys.filter((key) => {
      try {
        return standsFor(key, signer, file, at);
      } catch (error) {
        refusal ??= error;
        return false;
      }
    });
    if (found.length > 0) return found;
    throw refusal ?? invalid('pkcs7: a signer is none of the keys, and is certified by none of them');
  }

  function standsFor(key: PkiKey, signer: BagCertificate, { certificates: bag }: SignedData, at?: Date): boolean {
    const chain = findChain(signer, certificates.get(key) ?? certificateOf(key.canonical), bag);
    if (chain === undefined) return false;
    const parsed = chain.map(({ der }) => crypto.parseCertificate(der));
    const [leaf] = parsed;
    // As with x509 the chain is judged as it was at its beginning.
    if (leaf !== undefined && parsed.length > 1) crypto.verifyChain(parsed, at ?? leaf.notBefore);
    return true;
  }

  function memberOf({ der, key }: Certificate): PkiMember {
    return { fingerprint: encoding.toHex(crypto.hash('sha256', der)), algorithm: key.algorithm };
  }

  function identitiesOf({ subjectEmails, subjectAltNames }: Certificate): string[] {
    return [...subjectEmails.map((email) => email.toLowerCase()), ...subjectAltNames];
  }

  function invalid(why: string): Error {
    return errors.refuse('ERR_SIGNATURE_INVALID', why);
  }

  return {
    async parseKey(bytes) {
      const certificate = certificateOf(bytes);
      const parsedCertificate = crypto.parseCertificate(certificate.der);
      const parsed = Object.freeze<PkiKey>({
        canonical: Buffer.from(encoding.encodePem('CERTIFICATE', certificate.der)),
        identities: identitiesOf(parsedCertificate),
        members: [memberOf(parsedCertificate)],
      });
      certificates.set(parsed, certificate);
      return parsed;
    },

    async parseSignature(bytes) {
      const file = fileOf(bytes);
      const signature = Object.freeze({ canonical: Buffer.from(encoding.encodePem('PKCS7', file.detached)) });
      files.set(signature, file);
      return signature;
    },

    async verify({ signed, signature, keys, at }) {
      const file = files.get(signature) ?? fileOf(signature.canonical);
      if (file.signers.length === 0) throw invalid('pkcs7: nobody signed');
      if ('message' in signed && signed.message.length === 0) {
        throw invalid('PKCS7 signature is detached and there is no external content to verify against');
      }
      const found: PkiSigner[] = [];
      for (const signer of file.signers) {
        const own = file.certificates.find(
          ({ issuer, serial }) => equal(issuer, signer.issuer) && equal(serial, signer.serial),
        );
        if (own === undefined) throw invalid('certificate missing from signedData');
        const certificate = crypto.parseCertificate(own.der);
        if (!isSignedBy(api, certificate.key, signer, { type: file.contentType, signed }))
          throw invalid('pkcs7: invalid signature');
        const others = file.certificates.filter((one) => one !== own);
        const certificates = [own, ...others].map(({ der }) => der);
        const member = { ...memberOf(certificate), identities: identitiesOf(certificate), certificates };
        for (const one of standing(keys, own, file, at)) {
          if (!found.some((other) => other.key === one && other.fingerprint === member.fingerprint))
            found.push({ ...member, key: one });
        }
      }
      return found;
    },
  };
}
