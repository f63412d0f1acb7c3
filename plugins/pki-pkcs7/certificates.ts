import type { DerValue, PluginApi } from '@countersign/plugin-api';
import { equal, tag } from './der.ts';

/** A certificate that came along, as far as it takes to find it (RFC 5280 §4.1). */
export interface BagCertificate {
  readonly der: Uint8Array;
  /** DER of the names. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Contents of the INTEGER. */
  readonly serial: Uint8Array;
}

/** Reads what is needed to find a certificate; the rest is read when it is used. Throws `ERR_MALFORMED`. */
export function readBagCertificate({ errors }: PluginApi, certificate: DerValue): BagCertificate {
  const [tbs] = certificate.children(tag.sequence);
  const fields = tbs?.children(tag.sequence) ?? [];
  if (fields[0]?.tag === tag.context0) fields.shift();
  const [serial, , issuer, , subject] = fields;
  if (!serial || !issuer || !subject) throw errors.refuse('ERR_MALFORMED', 'malformed certificate');
  return {
    der: certificate.raw,
    issuer: issuer.expect(tag.sequence).raw,
    subject: subject.expect(tag.sequence).raw,
    serial: serial.integerBytes(),
  };
}

/**
 * The way from a certificate up to one that, by name, certified it: both included, the shortest
 * there is. Whether the signatures hold is not asked here.
 */
export function findChain(
  from: BagCertificate,
  to: BagCertificate,
  bag: readonly BagCertificate[],
): readonly BagCertificate[] | undefined {
  // From each certificate reached to the one below it. Going over a Map meets what is added meanwhile: breadth first.
  const below = new Map<BagCertificate, BagCertificate | undefined>([[from, undefined]]);
  for (const reached of below.keys()) {
    if (equal(reached.der, to.der)) return wayUp(reached);
    for (const next of [...bag, to]) {
      if (!below.has(next) && equal(next.subject, reached.issuer)) below.set(next, reached);
    }
  }
  return undefined;

  function wayUp(top: BagCertificate): BagCertificate[] {
    const next = below.get(top);
    return next === undefined ? [top] : [...wayUp(next), top];
  }
}
