import assert from 'node:assert/strict';
import type { PkiFormat, PkiKey, PkiMember, Signed } from '../pki.ts';
import { flips } from './mutate.ts';
import { attempt, refused } from './refusal.ts';
import { globalRunner, type Runner } from './runner.ts';

/** One key that is known to be good. */
export interface KeyVector {
  readonly name: string;
  /** The file, as a user has it. */
  readonly bytes: Uint8Array;
  readonly canonical: Uint8Array;
  readonly identities: readonly string[];
  readonly members: readonly PkiMember[];
  /** Where in `bytes` a change leaves a key that is written otherwise and still verifies what this one signed. */
  readonly uncovered?: readonly number[];
}

/** One signature that is known to be good. */
export interface SignatureVector {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly canonical: Uint8Array;
  readonly signed: Signed;
  /** Name of the key that made it. */
  readonly key: string;
  /** Where in `bytes` the format has bytes that no signature covers: a change to one may verify, and is logged. */
  readonly uncovered?: readonly number[];
}

/** What {@link testPkiFormat} tests. */
export interface PkiFormatTest {
  readonly format: PkiFormat;
  readonly keys: readonly KeyVector[];
  readonly signatures: readonly SignatureVector[];
  /** A key file of the format that made none of the signatures. */
  readonly foreignKey: Uint8Array;
  /** What no key and no signature may reach, in bytes. 4 MiB unless told. */
  readonly oversize?: number;
  readonly runner?: Runner;
}

/**
 * Tests what every PKI format promises: canonical forms that are stable and idempotent, exactly the
 * signing keys as the result of a verification, a refusal for every change to what was signed or
 * to the signature, and a refusal with a code (never an accident) for whatever does not parse.
 */
export function testPkiFormat(name: string, test: PkiFormatTest): void {
  const { describe, it } = test.runner ?? globalRunner();
  const { format } = test;

  describe(name, () => {
    for (const vector of test.keys) {
      describe(`key ${vector.name}`, () => {
        it('shows what it should', async () => {
          const { canonical, identities, members: all } = await format.parseKey(vector.bytes);
          const members = all.map(shown);
          assert.equal(Buffer.from(canonical).toString('latin1'), Buffer.from(vector.canonical).toString('latin1'));
          assert.deepEqual({ identities, members }, { identities: vector.identities, members: vector.members });
        });

        it('reads its canonical form as the same key', async () => {
          const again = await format.parseKey(vector.canonical);
          assert.deepEqual(Buffer.from(again.canonical), Buffer.from(vector.canonical));
          assert.deepEqual(again.members.map(shown), vector.members);
        });

        it('refuses by code what is cut off', async () => {
          for (let length = 0; length < vector.bytes.length; length++) {
            await attempt(`cut at ${length}`, () => format.parseKey(vector.bytes.subarray(0, length)));
          }
        });

        it('verifies nothing after a flip of any of its bytes, unless it is the same key', async () => {
          const verifiedBy = async (key: PkiKey, signatures: readonly SignatureVector[]) => {
            const verdicts = signatures.map(async ({ bytes, signed }) => {
              const signature = await format.parseSignature(bytes);
              return attempt('flipped', () => format.verify({ signature, signed, keys: [key] }));
            });
            const passed = (await Promise.all(verdicts)).map((verdict) => 'value' in verdict);
            return signatures.filter((_, at) => passed[at]);
          };
          // A key in another form made the signature that is named for the first.
          const named = test.signatures.filter(({ key }) => key === vector.name);
          const own = named.length > 0 ? named : await verifiedBy(await format.parseKey(vector.bytes), test.signatures);
          const accepted: number[] = [];
          for (const [position, flipped] of [...flips(vector.bytes)].entries()) {
            const result = await attempt('flipped', () => format.parseKey(flipped));
            if ('code' in result || Buffer.from(vector.canonical).equals(result.value.canonical)) continue;
            if ((await verifiedBy(result.value, own)).length > 0) accepted.push(position);
          }
          const unlisted = accepted.filter((at) => !vector.uncovered?.includes(at));
          assert.deepEqual(unlisted, [], 'flips after which the key verifies');
        });
      });
    }

    for (const vector of test.signatures) {
      describe(`signature ${vector.name}`, () => {
        const keyOf = (name: string) => test.keys.find((key) => key.name === name)?.bytes ?? new Uint8Array();
        const verify = async (bytes: Uint8Array, signed: Signed, keys: readonly Uint8Array[]) => {
          const parsed = await Promise.all(keys.map((key) => format.parseKey(key)));
          const signers = await format.verify({ signature: await format.parseSignature(bytes), signed, keys: parsed });
          for (const { fingerprint, algorithm, identities } of signers) {
            assert.ok(fingerprint !== '' && algorithm !== '' && Array.isArray(identities), 'a nameless signer');
          }
          const distinct = new Set(signers.map(({ key, fingerprint }) => `${parsed.indexOf(key)} ${fingerprint}`));
          assert.equal(distinct.size, signers.length, 'a signer named twice');
          return [...new Set(signers.map(({ key }) => parsed.indexOf(key)))];
        };

        it('verifies, and names the key that made it', async () => {
          assert.deepEqual(await verify(vector.bytes, vector.signed, [test.foreignKey, keyOf(vector.key)]), [1]);
        });

        it('has the canonical form it should, and reads that as the same', async () => {
          const { canonical } = await format.parseSignature(vector.bytes);
          assert.deepEqual(Buffer.from(canonical), Buffer.from(vector.canonical));
          assert.deepEqual(await verify(canonical, vector.signed, [keyOf(vector.key)]), [0]);
        });

        it('is refused for another key, or for none', async () => {
          for (const keys of [[test.foreignKey], []]) {
            await refused('wrong key', () => verify(vector.bytes, vector.signed, keys), 'ERR_SIGNATURE_INVALID');
          }
        });

        it('is refused after a flip of any byte, of it or of what was signed', async () => {
          const key = [keyOf(vector.key)];
          for (const [position, flipped] of [...flips(vector.bytes)].entries()) {
            const result = await attempt('flipped', () => verify(flipped, vector.signed, key));
            if ('code' in result || vector.uncovered?.includes(position)) continue;
            const { canonical } = await format.parseSignature(flipped);
            assert.deepEqual(Buffer.from(canonical), Buffer.from(vector.canonical), 'a flip that verifies');
          }
          for (const signed of signedFlips(vector.signed)) {
            await refused('flipped', () => verify(vector.bytes, signed, key), 'ERR_SIGNATURE_INVALID');
          }
        });
      });
    }

    it('refuses by code what is empty, oversize or neither key nor signature', async () => {
      // CVE-2026-24117: nothing fetches a key.
      const address = Buffer.from('http://127.0.0.1:9/key.pub');
      const oversize = Buffer.alloc(test.oversize ?? 4 * 1024 * 1024, 'A');
      for (const bytes of [new Uint8Array(), oversize, Buffer.from('not a key'), address, Buffer.alloc(200)]) {
        await refused(`key of ${bytes.length} bytes`, () => format.parseKey(bytes));
        await attempt(`signature of ${bytes.length} bytes`, () => format.parseSignature(bytes));
      }
      await refused('oversize signature', () => format.parseSignature(oversize));
      await refused('empty signature', () => format.parseSignature(new Uint8Array()));
    });
  });
}

/** What a vector tells of a member. */
function shown({ fingerprint, algorithm }: PkiMember): PkiMember {
  return { fingerprint, algorithm };
}

function* signedFlips(signed: Signed): Generator<Signed> {
  if ('message' in signed) for (const message of flips(signed.message)) yield { message };
  else for (const digest of flips(signed.digest)) yield { digest, hash: signed.hash };
}
