import type { DerValue, HashAlgorithm, PluginApi } from '@countersign/plugin-api';
import { tag } from './der.ts';

/** AlgorithmIdentifier (RFC 5280 §4.1.1.2). */
export interface AlgorithmIdentifier {
  readonly oid: string;
  readonly parameters: DerValue | undefined;
}

/** How a signature is checked. */
export interface SignatureAlgorithm {
  /** What the names of the keys start with that sign so. */
  readonly keys: 'ecdsa-' | 'rsa-';
  /** The hash, when the algorithm names one; otherwise the digest algorithm decides. */
  readonly hash?: HashAlgorithm;
  readonly scheme?: 'pss';
}

const digests: ReadonlyMap<string, HashAlgorithm> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

const signatures: ReadonlyMap<string, SignatureAlgorithm> = new Map<string, SignatureAlgorithm>([
  ['1.2.840.113549.1.1.1', { keys: 'rsa-' }],
  ['1.2.840.113549.1.1.10', { keys: 'rsa-', scheme: 'pss' }],
  ['1.2.840.113549.1.1.11', { keys: 'rsa-', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { keys: 'rsa-', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { keys: 'rsa-', hash: 'sha512' }],
  ['1.2.840.10045.2.1', { keys: 'ecdsa-' }],
  ['1.2.840.10045.4.3.2', { keys: 'ecdsa-', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { keys: 'ecdsa-', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { keys: 'ecdsa-', hash: 'sha512' }],
]);

const mgf1 = '1.2.840.113549.1.1.8';

/** Reads AlgorithmIdentifiers, and says what they stand for. */
export function algorithmReader({ errors }: PluginApi) {
  /** Throws `ERR_MALFORMED`. */
  function read(value: DerValue | undefined): AlgorithmIdentifier {
    const [oid, parameters, ...rest] = value?.children(tag.sequence) ?? [];
    if (oid === undefined || rest.length > 0) throw errors.refuse('ERR_MALFORMED', 'malformed AlgorithmIdentifier');
    return { oid: oid.oid(), parameters };
  }

  /** Throws `ERR_UNSUPPORTED` on all but SHA-256, SHA-384 and SHA-512. */
  function digest({ oid, parameters }: AlgorithmIdentifier): HashAlgorithm {
    const hash = digests.get(oid);
    if (hash === undefined) throw errors.refuse('ERR_UNSUPPORTED', `digest algorithm ${oid} is not supported`);
    checkEmpty(parameters);
    return hash;
  }

  /** How a signature over a digest made with `hash` is checked. Throws `ERR_UNSUPPORTED`, or `ERR_MALFORMED` when the two differ. */
  function signature({ oid, parameters }: AlgorithmIdentifier, hash: HashAlgorithm): SignatureAlgorithm {
    const algorithm = signatures.get(oid);
    if (algorithm === undefined) {
      throw errors.refuse('ERR_UNSUPPORTED', `signature algorithm ${oid} is not supported`);
    }
    if (algorithm.scheme === 'pss') checkPss(parameters, hash);
    else if (algorithm.keys === 'ecdsa-') checkAbsent(parameters);
    else checkEmpty(parameters);
    if ((algorithm.hash ?? hash) !== hash) throw mismatch();
    return algorithm;
  }

  /** RFC 5754 §2: NULL, or nothing. */
  function checkEmpty(parameters: DerValue | undefined): void {
    parameters?.null();
  }

  /** RFC 5758 §3.2: ECDSA has none, not even NULL. */
  function checkAbsent(parameters: DerValue | undefined): void {
    if (parameters !== undefined) throw errors.refuse('ERR_MALFORMED', 'ECDSA has no parameters');
  }

  /** RSASSA-PSS-params (RFC 8017 §A.2.3): everything over the one hash. The defaults stand for SHA-1. */
  function checkPss(parameters: DerValue | undefined, hash: HashAlgorithm): void {
    const [hashField, maskField, saltField, ...rest] = parameters?.children(tag.sequence) ?? [];
    const mask = read(maskField?.children(tag.context1)[0]);
    const used = [read(hashField?.children(tag.context0)[0]), read(mask.parameters)];
    if (mask.oid !== mgf1 || used.some((one) => digest(one) !== hash)) throw mismatch();
    saltField?.children(tag.context2)[0]?.integer();
    if (rest.length > 0) throw errors.refuse('ERR_MALFORMED', 'malformed RSASSA-PSS parameters');
  }

  function mismatch(): Error {
    return errors.refuse('ERR_MALFORMED', 'signature type does not match digest type');
  }

  return { read, digest, signature };
}
