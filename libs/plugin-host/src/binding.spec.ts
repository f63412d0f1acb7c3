import { createHash } from 'node:crypto';
import { encodePem } from '@countersign/encoding';
import type { BundleClaims, LoggedClaims } from '@countersign/plugin-api';
import { requireBinding } from './binding.ts';

const [signature, key, value] = ['signature', 'key', 'digest'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
  Buffer,
];
const bundle: BundleClaims = { signature, verifier: key, digest: { algorithm: 'sha256', value } };
const logged: LoggedClaims = { signatures: [{ signature, key }], digest: { algorithm: 'sha256', value } };
const other = Buffer.from('another');
const armored = Buffer.from(
  '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\na2V5\n=AAAA\n-----END PGP PUBLIC KEY BLOCK-----\n',
);

describe('a logged entry and a bundle', () => {
  it.each<[string, LoggedClaims, Partial<BundleClaims>?]>([
    ['in all three', logged],
    [
      'in one signature of several',
      { ...logged, signatures: [{ signature: other, key: other }, ...logged.signatures] },
    ],
    [
      'in one of two signatures that are the same bytes',
      {
        ...logged,
        signatures: [
          { signature, key: other },
          { signature, key },
        ],
      },
    ],
    ['in a PEM key', { ...logged, signatures: [{ signature, key: Buffer.from(encodePem('PUBLIC KEY', key)) }] }],
    [
      'in a key in the armor of another format',
      { ...logged, signatures: [{ signature, key: armored }] },
      { verifier: armored },
    ],
    [
      'in the first certificate of a chain',
      {
        ...logged,
        signatures: [{ signature, key: Buffer.from(encodePem('CERTIFICATE', key) + encodePem('CERTIFICATE', other)) }],
      },
    ],
    [
      'in the hash of a signature',
      { ...logged, signatures: [{ signature: { sha256: createHash('sha256').update(signature).digest() }, key }] },
    ],
  ])('match %s', (_, claims, ...[changes]) => {
    requireBinding(claims, { ...bundle, ...changes });
  });

  it.each<[string, LoggedClaims | undefined, Partial<BundleClaims>, string]>([
    ['nothing kept', undefined, {}, 'keeps no signature'],
    ['no signature', { ...logged, signatures: [] }, {}, 'signature'],
    ['another signature', logged, { signature: other }, 'signature'],
    ['a longer signature', logged, { signature: Buffer.concat([signature, Buffer.of(0)]) }, 'signature'],
    ['no signature in the bundle', logged, { signature: Buffer.of() }, 'signature'],
    ['another hash', { ...logged, signatures: [{ signature: { sha256: other }, key }] }, {}, 'signature'],
    ['another key', logged, { verifier: other }, 'key'],
    [
      'the key of another signature',
      {
        ...logged,
        signatures: [
          { signature, key: other },
          { signature: other, key },
        ],
      },
      {},
      'key',
    ],
    [
      'the second certificate of a chain',
      {
        ...logged,
        signatures: [{ signature, key: Buffer.from(encodePem('CERTIFICATE', other) + encodePem('CERTIFICATE', key)) }],
      },
      {},
      'key',
    ],
    ['another digest', logged, { digest: { algorithm: 'sha256', value: other } }, 'digest'],
    ['another hash function', logged, { digest: { algorithm: 'sha512', value } }, 'digest'],
  ])('do not match: %s', (_, claims, changes, part) => {
    expect(() => requireBinding(claims, { ...bundle, ...changes })).toThrow(
      expect.objectContaining({ code: 'ERR_ENTRY_MISMATCH', message: expect.stringContaining(part) }),
    );
  });
});
