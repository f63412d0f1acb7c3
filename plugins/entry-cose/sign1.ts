import type { PluginApi } from '@countersign/plugin-api';
import { type CborValue, type Label, readCbor, writeBytes } from './cbor.ts';

/** Labels of header parameters (RFC 9052 §3.1, RFC 9596). */
const label = { algorithm: 1n, critical: 2n, contentType: 3n, keyId: 4n, iv: 5n, partialIv: 6n, type: 16n } as const;
/** Counter signatures (RFC 8152 §4.5, RFC 9338). */
const counterSignatures: readonly Label[] = [7n, 9n, 11n, 12n];

type Headers = ReadonlyMap<Label, CborValue>;

/** A COSE_Sign1 message, taken apart and not yet verified. */
export interface Sign1 {
  /** `alg` of the protected header: an integer or text of IANA's registry, where there is one. */
  readonly algorithm: CborValue | undefined;
  /** Content type of the protected header, where it is a text. */
  readonly contentType: string | undefined;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** What is signed, given what is signed beside the message (RFC 9052 §4.4). */
  toBeSigned(aad: Uint8Array): Uint8Array;
}

/**
 * Reads a tagged COSE_Sign1 message (RFC 9052 §4.2) that carries its payload.
 *
 * @throws `ERR_MALFORMED`; `ERR_TOO_LARGE`; `ERR_UNSUPPORTED` on counter signatures
 */
export function readSign1(api: PluginApi, bytes: Uint8Array): Sign1 {
  const { errors } = api;
  // Tag 18 and an array of four, each in one octet, as upstream.
  if (bytes[0] !== 0xd2 || bytes[1] !== 0x84) throw malformed('not a tagged COSE_Sign1');
  const [protectedBytes, unprotected, payload, signature] = readCbor(api, bytes.subarray(1), {
    tagged: false,
  }) as CborValue[];
  if (!isBytes(protectedBytes)) throw malformed('the protected header is no byte string');
  const header = protectedBytes.length === 0 ? new Map() : readCbor(api, protectedBytes, { tagged: true });
  if (!isMap(header) || !isMap(unprotected)) throw malformed('a header is no map');
  if (!isBytes(payload)) throw malformed('no payload: a detached one is not taken');
  if (!isBytes(signature) || signature.length === 0) throw malformed('no signature');
  check(header);
  check(unprotected);
  checkCritical(header.get(label.critical), header);
  if (unprotected.has(label.critical)) throw malformed('crit is not protected');
  const both = [header, unprotected];
  if (both.some((one) => one.has(label.iv)) && both.some((one) => one.has(label.partialIv))) {
    throw malformed('IV and partial IV');
  }
  const contentType = header.get(label.contentType);
  return {
    algorithm: header.get(label.algorithm),
    contentType: typeof contentType === 'string' ? contentType : undefined,
    payload,
    signature,
    toBeSigned: (aad) => Buffer.concat([signature1, writeBytes(protectedBytes), writeBytes(aad), writeBytes(payload)]),
  };

  function check(headers: Headers): void {
    if (counterSignatures.some((one) => headers.has(one))) {
      throw errors.refuse('ERR_UNSUPPORTED', 'COSE counter signatures are not supported');
    }
    checkEach(headers, [label.algorithm], 'alg', (value) => typeof value === 'bigint' || typeof value === 'string');
    checkEach(headers, [label.keyId, label.iv, label.partialIv], 'kid or IV', isBytes);
    checkEach(headers, [label.contentType, label.type], 'content type or type', isMediaType);
  }

  function checkEach(headers: Headers, labels: Label[], what: string, fits: (value: CborValue) => boolean): void {
    for (const one of labels) {
      const value = headers.get(one);
      if (value !== undefined && !fits(value)) throw malformed(`${what} in the header`);
    }
  }

  /** The labels that must be understood: as upstream, they must be there. */
  function checkCritical(critical: CborValue | undefined, headers: Headers): void {
    if (critical === undefined) return;
    const labels = Array.isArray(critical) ? (critical as CborValue[]) : [];
    if (labels.length === 0 || labels.some((one) => !headers.has(one as Label))) throw malformed('crit in the header');
  }

  function malformed(why: string): Error {
    return errors.refuse('ERR_MALFORMED', `malformed COSE message: ${why}`);
  }
}

/** An array of four, and the context `Signature1`. */
const signature1 = Buffer.concat([Uint8Array.of(0x84, 0x6a), Buffer.from('Signature1')]);

/** A number of CoAP's registry, or `type/subtype` (RFC 9052 §3.1). */
function isMediaType(value: CborValue): boolean {
  if (typeof value === 'bigint') return value >= 0n;
  return typeof value === 'string' && /^(?! )[^/]*\/[^/]*(?<! )$/s.test(value);
}

function isBytes(value: CborValue | undefined): value is Uint8Array {
  return value instanceof Uint8Array;
}

function isMap(value: CborValue | undefined): value is Headers {
  return value instanceof Map;
}
