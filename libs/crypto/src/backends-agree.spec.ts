import * as crypto from 'node:crypto';
import fc from 'fast-check';
import { curves, type HashAlgorithm } from './algorithm.ts';
import type { BackendScheme } from './backend.ts';
import { hash } from './hash.ts';
import { nativeBackend } from './native-backend.ts';
import { pureBackend } from './pure-backend.ts';
import { loadKey } from './testing/backends.ts';

const message = new TextEncoder().encode('what was signed');

/** A byte string made from another by a few edits: what a fuzzer does. */
const edited = (bytes: Uint8Array) =>
  fc
    .array(
      fc.record({ at: fc.nat(bytes.length), octet: fc.nat(255), kind: fc.constantFrom('set', 'insert', 'remove') }),
      {
        maxLength: 3,
      },
    )
    .map((edits) => {
      const octets = [...bytes];
      for (const { at, octet, kind } of edits)
        octets.splice(at, kind === 'insert' ? 0 : 1, ...(kind === 'remove' ? [] : [octet]));
      return Uint8Array.from(octets);
    });

(nativeBackend ? describe : describe.skip)('the two backends', () => {
  const native = nativeBackend ?? pureBackend;
  const cases: readonly (readonly [string, crypto.KeyObject, BackendScheme])[] = [
    ...curves.map(({ openssl }) => [openssl, makeEc(openssl), 'ecdsa'] as const),
    ['PKCS#1 v1.5', makeRsa(), 'pkcs1'],
    ['PSS', makeRsa(), 'pss'],
  ];

  it.each(cases)('agree on edited signatures: %s', (_name, key, scheme) => {
    const padding = scheme === 'pss' ? { padding: crypto.constants.RSA_PKCS1_PSS_PADDING } : {};
    const signature = crypto.sign('sha256', message, { key, ...padding });
    const digest = hash('sha256', message);
    const [a, b] = [loadKey(native, key), loadKey(pureBackend, key)];
    fc.assert(
      fc.property(edited(signature), (bytes) => {
        expect(b(scheme, 'sha256', digest, bytes)).toBe(a(scheme, 'sha256', digest, bytes));
      }),
      { numRuns: 60, examples: [[signature]] },
    );
  });

  it('agree on signatures made now', () => {
    const algorithms: readonly HashAlgorithm[] = ['sha256', 'sha384', 'sha512'];
    fc.assert(
      fc.property(
        fc.constantFrom(...cases),
        fc.constantFrom(...algorithms),
        fc.uint8Array(),
        ([, key, scheme], algorithm, text) => {
          const padding = scheme === 'pss' ? { padding: crypto.constants.RSA_PKCS1_PSS_PADDING } : {};
          const signature = crypto.sign(algorithm, text, { key, ...padding });
          for (const backend of [native, pureBackend]) {
            expect(loadKey(backend, key)(scheme, algorithm, hash(algorithm, text), signature)).toBe(true);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

function makeEc(namedCurve: string): crypto.KeyObject {
  return crypto.generateKeyPairSync('ec', { namedCurve }).privateKey;
}

function makeRsa(): crypto.KeyObject {
  return crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}
