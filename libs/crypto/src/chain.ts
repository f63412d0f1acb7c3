import { equalBytes, toHex } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import type { HashAlgorithm } from './algorithm.ts';
import { Certificate } from './certificate.ts';
import { extensionOid } from './certificate-extensions.ts';
import { limits } from './limits.ts';
import { verify } from './verify.ts';

/** What a certificate may be signed with: which keys, and which hash. */
interface CertificateSignature {
  readonly keys: 'ecdsa-' | 'rsa-' | 'ed25519';
  readonly hash?: HashAlgorithm;
}

/**
 * Whole AlgorithmIdentifiers (RFC 4055 §5, RFC 5758 §3.2, RFC 8410 §3): NULL parameters for RSA and
 * none for the others. SHA-1, MD5 and PSS are not here.
 */
const signatures: ReadonlyMap<string, CertificateSignature> = new Map<string, CertificateSignature>([
  ['300d06092a864886f70d01010b0500', { keys: 'rsa-', hash: 'sha256' }],
  ['300d06092a864886f70d01010c0500', { keys: 'rsa-', hash: 'sha384' }],
  ['300d06092a864886f70d01010d0500', { keys: 'rsa-', hash: 'sha512' }],
  ['300a06082a8648ce3d040302', { keys: 'ecdsa-', hash: 'sha256' }],
  ['300a06082a8648ce3d040303', { keys: 'ecdsa-', hash: 'sha384' }],
  ['300a06082a8648ce3d040304', { keys: 'ecdsa-', hash: 'sha512' }],
  ['300506032b6570', { keys: 'ed25519' }],
]);

/** Critical extensions whose meaning is honoured here, or does not bear on a chain for any purpose (RFC 5280 §4.2). */
const understood: ReadonlySet<string> = new Set([
  extensionOid.keyUsage,
  extensionOid.subjectAltName,
  extensionOid.basicConstraints,
  extensionOid.extendedKeyUsage,
]);

/**
 * Verifies a chain of 2 to 10 certificates, leaf first and root last, at `at` (RFC 5280 §6.1, without
 * policies): each is signed by the next, which is named as its issuer and is an authority that
 * may certify as deep as it stands; all are valid at `at`; no critical extension is unknown. Any extended key
 * usage will do. Names are not constrained: a chain with name constraints is refused.
 *
 * The last certificate is the anchor and is taken as given; whether to trust it is the caller's
 * question, and so is a certificate that stands alone, which is no chain: upstream verifies none for it.
 *
 * @throws `ERR_SIGNATURE_INVALID`, naming the certificate (counted from 1, the leaf) and what is wrong with it
 * @throws `ERR_TOO_LARGE` on more than 10 certificates
 */
export function verifyChain(chain: readonly Pick<Certificate, 'der'>[], at: Date): void {
  if (chain.length > limits.chainLength) {
    throw new CountersignError('ERR_TOO_LARGE', `a chain has at most ${limits.chainLength} certificates`);
  }
  if (chain.length < 2) throw new CountersignError('ERR_SIGNATURE_INVALID', 'a chain has a leaf and a root');
  const certificates = chain.map((certificate) => Certificate.from(certificate));
  for (const [index, certificate] of certificates.entries()) {
    const issuer = certificates[index + 1];
    const fault =
      findFault(certificate, at) ??
      (index > 0 ? findAuthorityFault(certificate, index - 1) : undefined) ??
      (issuer && findLinkFault(certificate, issuer));
    if (fault === undefined) continue;
    throw new CountersignError('ERR_SIGNATURE_INVALID', `certificate ${index + 1} of the chain ${fault}`, {
      details: { certificate: index + 1 },
    });
  }
}

/**
 * Finds the shortest chain that leads from a certificate to a root and holds at `at`, as {@link verifyChain} has it. A
 * certificate that is a root itself is a chain.
 *
 * @param others what may stand between, in any order
 * @returns leaf first, root last
 * @throws `ERR_SIGNATURE_INVALID` when there is none
 * @throws `ERR_TOO_LARGE` on more than 100 certificates to choose from
 */
export function findChain<T extends Pick<Certificate, 'der'>>(
  leaf: T,
  others: readonly T[],
  roots: readonly T[],
  at: Date,
): readonly T[] {
  const candidates = [...roots, ...others];
  if (candidates.length > limits.chainCandidates) {
    throw new CountersignError(
      'ERR_TOO_LARGE',
      `a chain is chosen from at most ${limits.chainCandidates} certificates`,
    );
  }
  let refusal: unknown;
  // From each certificate reached to the way down from it. Going over a Map meets what is added meanwhile.
  const ways = new Map<T, readonly T[]>([[leaf, [leaf]]]);
  for (const [reached, way] of ways) {
    if (roots.some(({ der }) => equalBytes(der, reached.der))) {
      try {
        verifyPath(way, at);
        return way;
      } catch (error) {
        refusal ??= error;
      }
    }
    for (const next of candidates) {
      if (!ways.has(next) && mayFollow(Certificate.from(reached), Certificate.from(next), way.length - 1, at)) {
        ways.set(next, [...way, next]);
      }
    }
  }
  throw refusal ?? new CountersignError('ERR_SIGNATURE_INVALID', 'no chain leads from the certificate to a root');
}

function verifyPath(path: readonly Pick<Certificate, 'der'>[], at: Date): void {
  const [only, ...others] = path;
  const isAlone = only !== undefined && others.length === 0;
  const fault = isAlone ? findFault(Certificate.from(only), at) : undefined;
  if (fault !== undefined) throw new CountersignError('ERR_SIGNATURE_INVALID', `the certificate ${fault}`);
  if (!isAlone) verifyChain(path, at);
}

function mayFollow(below: Certificate, next: Certificate, intermediates: number, at: Date): boolean {
  return (findFault(next, at) ?? findAuthorityFault(next, intermediates) ?? findLinkFault(below, next)) === undefined;
}

function findFault({ notBefore, notAfter, extensions }: Certificate, at: Date): string | undefined {
  // Written so that an invalid date is outside. Both ends are in, to the instant, as Go has it.
  if (!(at >= notBefore)) return `is not valid before ${notBefore.toISOString()}`;
  if (!(at <= notAfter)) return `is not valid after ${notAfter.toISOString()}`;
  const unknown = [...extensions].find(([oid, { critical }]) => critical && !understood.has(oid));
  return unknown && `has an unknown critical extension, ${unknown[0]}`;
}

/** @param below how many intermediates stand between this authority and the leaf */
function findAuthorityFault({ authority, extensions }: Certificate, below: number): string | undefined {
  if (!authority.isCa) return 'is not a certificate authority';
  if (!authority.mayCertify) return 'may not sign certificates, by its key usage';
  if (below > (authority.pathLength ?? Number.POSITIVE_INFINITY)) return `allows ${authority.pathLength} intermediates`;
  return extensions.has(extensionOid.nameConstraints) ? 'has name constraints, which are not supported' : undefined;
}

function findLinkFault({ issuer: issuerName, signed }: Certificate, issuer: Certificate): string | undefined {
  if (!equalBytes(issuerName, issuer.subject)) return 'names another issuer than the next certificate';
  const made = signatures.get(toHex(signed.algorithm));
  if (!made) return 'is signed with an algorithm that is not supported';
  if (!issuer.key.algorithm.startsWith(made.keys)) return "is signed with another algorithm than its issuer's key has";
  const message = { message: signed.tbs, ...(made.hash && { hash: made.hash }) };
  return verify(issuer.key, message, signed.signature) ? undefined : 'is not signed by the next certificate';
}
