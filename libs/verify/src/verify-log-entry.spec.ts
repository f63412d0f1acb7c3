import { readFileSync } from 'node:fs';
import { ephemeralSigner, keyId, parsePublicKey, type Signer, type SignerAlgorithm } from '@countersign/crypto';
import { canonicalJson, parseJson, toBase64, toHex, utf8Encode } from '@countersign/encoding';
import {
  buildProof,
  foldNodes,
  leafHash,
  type Node,
  planInclusion,
  signCheckpointV1,
  TileNodes,
} from '@countersign/merkle';
import { type InclusionProofV1, type LogEntryV1, parseLogEntryV1 } from './log-entry-v1.ts';
import { type LogEntryCheck, verifyLogEntry } from './verify-log-entry.ts';

const log = { hostname: 'rekor.example', treeId: '6654867491807623878' };
const treeHex = BigInt(log.treeId).toString(16).padStart(16, '0');
const bodies = Array.from({ length: 7 }, (_, index) =>
  utf8Encode(`{"apiVersion":"0.0.1","kind":"toy","spec":{"n":${index}}}`),
);
const tile = TileNodes.from(Buffer.concat(bodies.map(leafHash)));
const lookup = ({ level, index }: Node): Uint8Array => tile.node(level, index);

async function signTimestamp(signer: Signer, entry: Omit<LogEntryV1, 'signedEntryTimestamp'>): Promise<Uint8Array> {
  const { integratedTime, logId: logID, logIndex } = entry;
  return signer.sign(canonicalJson({ body: toBase64(entry.body), integratedTime, logID, logIndex }));
}

/** Entry 3 of a log of seven; its shard begins at 1000. */
async function serve(signer: Signer, tree = log): Promise<LogEntryV1> {
  const body = bodies[3] ?? new Uint8Array(0);
  const size = bodies.length;
  const nodes = [
    { level: 2, index: 0 },
    { level: 1, index: 2 },
    { level: 0, index: 6 },
  ];
  const rootHash = foldNodes(nodes.map(lookup));
  const entry = {
    id: treeHex + toHex(leafHash(body)),
    body,
    integratedTime: 1_795_253_569,
    logId: toHex(keyId(signer.publicKey)),
    logIndex: 1003,
    attestation: undefined,
    inclusionProof: {
      checkpoint: await signCheckpointV1({ ...tree, size, root: rootHash }, signer),
      hashes: buildProof(planInclusion(3, size), lookup),
      logIndex: 3,
      rootHash,
      treeSize: size,
    },
  };
  return { ...entry, signedEntryTimestamp: await signTimestamp(signer, entry) };
}

function refusing(code: string, step: string, details: object = {}) {
  return expect.objectContaining({ code, details: expect.objectContaining({ step, ...details }) });
}

const algorithms: readonly SignerAlgorithm[] = ['ecdsa-p256', 'ecdsa-p384', 'ed25519', 'rsa-2048'];

describe.each(algorithms)('an entry of a log with the key %s', (algorithm) => {
  it('verifies, and gives the checkpoint it was proven with', async () => {
    const signer = await ephemeralSigner(algorithm);
    const entry = await serve(signer);
    const { publicKey } = signer;
    expect(verifyLogEntry({ entry, publicKey })).toMatchObject({ size: 7, origin: `rekor.example - ${log.treeId}` });
    verifyLogEntry({ entry, publicKey, entryId: entry.id, expectedBody: Uint8Array.from(entry.body) });
    verifyLogEntry({ entry, publicKey, entryId: entry.id.slice(16) });
    verifyLogEntry({ entry: { ...entry, id: entry.id.slice(16) }, publicKey, entryId: entry.id.toUpperCase() });
  });
});

describe('each step refuses', () => {
  const setUp = async () => {
    const signer = await ephemeralSigner('ecdsa-p256');
    const entry = await serve(signer);
    const check = (change: Partial<LogEntryV1> = {}, against: Partial<LogEntryCheck> = {}) =>
      expect(() => verifyLogEntry({ entry: { ...entry, ...change }, publicKey: signer.publicKey, ...against }));
    const proof = (change: Partial<InclusionProofV1>) =>
      check({ inclusionProof: { ...entry.inclusionProof, ...change } });
    return { signer, entry, check, proof };
  };

  it('another entry than was asked for', async () => {
    const { entry, check } = await setUp();
    const [other, elsewhere] = ['ab'.repeat(32), `${'0'.repeat(15)}1${entry.id.slice(16)}`];
    check({}, { entryId: other }).toThrow(
      refusing('ERR_ENTRY_MISMATCH', 'entry id', { expected: other, found: entry.id }),
    );
    check({}, { entryId: elsewhere }).toThrow(refusing('ERR_ENTRY_MISMATCH', 'entry id', { expected: elsewhere }));
    check({}, { entryId: 'ab' }).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED' }));
  });

  it('a body that is not the id’s, and an id that is not the body’s', async () => {
    const { entry, check } = await setUp();
    const body = bodies[4] ?? new Uint8Array(0);
    const details = { expected: entry.id.slice(16), found: toHex(leafHash(body)) };
    check({ body }).toThrow(refusing('ERR_ENTRY_MISMATCH', 'leaf hash', details));
    const id = treeHex + toHex(leafHash(body));
    check({ id }).toThrow(refusing('ERR_ENTRY_MISMATCH', 'leaf hash'));
  });

  it('another body with its id, at the proof', async () => {
    const { check } = await setUp();
    const body = bodies[4] ?? new Uint8Array(0);
    check({ body, id: treeHex + toHex(leafHash(body)) }).toThrow(refusing('ERR_PROOF_INVALID', 'inclusion proof'));
  });

  it('the key of another log', async () => {
    const { signer, entry, check } = await setUp();
    const { publicKey } = await ephemeralSigner('ecdsa-p256');
    const details = { expected: toHex(keyId(publicKey)), found: toHex(keyId(signer.publicKey)) };
    check({}, { publicKey }).toThrow(refusing('ERR_ENTRY_MISMATCH', 'log id', details));
    check({ logId: toHex(keyId(publicKey)) }).toThrow(refusing('ERR_ENTRY_MISMATCH', 'log id'));
    // With the log id bent to fit, the checkpoint is still by another key.
    check({ ...entry, logId: toHex(keyId(publicKey)) }, { publicKey }).toThrow(
      refusing('ERR_CHECKPOINT_INVALID', 'checkpoint'),
    );
  });

  it('an entry about something else', async () => {
    const { entry, check } = await setUp();
    const expectedBody = bodies[2] ?? new Uint8Array(0);
    const details = { expected: toHex(leafHash(expectedBody)), found: entry.id.slice(16) };
    check({}, { expectedBody }).toThrow(refusing('ERR_ENTRY_MISMATCH', 'body', details));
    check({}, { expectedBody: entry.body.subarray(1) }).toThrow(refusing('ERR_ENTRY_MISMATCH', 'body'));
  });

  it('a proof that does not lead to the root', async () => {
    const { entry, proof } = await setUp();
    const { hashes } = entry.inclusionProof;
    const invalid = (details: object = {}) => refusing('ERR_PROOF_INVALID', 'inclusion proof', details);
    proof({ hashes: hashes.slice(1) }).toThrow(invalid());
    proof({ hashes: [...hashes, leafHash(entry.body)] }).toThrow(invalid());
    proof({ hashes: hashes.toReversed() }).toThrow(invalid());
    proof({ logIndex: 2 }).toThrow(invalid());
    proof({ logIndex: 7 }).toThrow(invalid());
    proof({ treeSize: 3 }).toThrow(invalid());
    proof({ treeSize: 0 }).toThrow(invalid());
    const root = toHex(leafHash(entry.body));
    proof({ rootHash: leafHash(entry.body) }).toThrow(invalid({ expected: root, found: expect.any(String) }));
  });

  it('a checkpoint that the log did not sign, or not for this tree', async () => {
    const { signer, entry, proof } = await setUp();
    const { checkpoint, rootHash } = entry.inclusionProof;
    const other = await ephemeralSigner('ecdsa-p256');
    const sign = (size: number, root: Uint8Array, by = signer) => signCheckpointV1({ ...log, size, root }, by);
    proof({ checkpoint: '' }).toThrow(refusing('ERR_CHECKPOINT_INVALID', 'checkpoint'));
    proof({ checkpoint: checkpoint.replace('\n7\n', '\n8\n') }).toThrow(
      refusing('ERR_CHECKPOINT_INVALID', 'checkpoint'),
    );
    proof({ checkpoint: await sign(7, rootHash, other) }).toThrow(refusing('ERR_CHECKPOINT_INVALID', 'checkpoint'));
    proof({ checkpoint: await sign(8, rootHash) }).toThrow(
      refusing('ERR_CHECKPOINT_INVALID', 'tree head', { expected: 7, found: 8 }),
    );
    const root = leafHash(entry.body);
    proof({ checkpoint: await sign(7, root) }).toThrow(
      refusing('ERR_CHECKPOINT_INVALID', 'tree head', { expected: toHex(rootHash), found: toHex(root) }),
    );
    // The same leaf index and hashes fit a tree of eight: only the checkpoint tells.
    proof({ treeSize: 8 }).toThrow(refusing('ERR_CHECKPOINT_INVALID', 'tree head', { expected: 8, found: 7 }));
  });

  it('a checkpoint of another tree of the same key', async () => {
    const signer = await ephemeralSigner('ecdsa-p256');
    const entry = await serve(signer, { ...log, treeId: '5' });
    expect(() => verifyLogEntry({ entry, publicKey: signer.publicKey })).toThrow(
      refusing('ERR_CHECKPOINT_INVALID', 'tree id', { expected: log.treeId, found: '5' }),
    );
    verifyLogEntry({ entry: { ...entry, id: entry.id.slice(16) }, publicKey: signer.publicKey });
  });

  it('a time, an index and a signature that the log did not give', async () => {
    const { entry, check } = await setUp();
    const invalid = refusing('ERR_SIGNATURE_INVALID', 'signed entry timestamp');
    check({ integratedTime: entry.integratedTime + 1 }).toThrow(invalid);
    check({ logIndex: entry.logIndex + 1 }).toThrow(invalid);
    check({ signedEntryTimestamp: entry.signedEntryTimestamp.map((byte) => byte ^ 1) }).toThrow(invalid);
    check({ signedEntryTimestamp: new Uint8Array(0) }).toThrow(invalid);
    const other = await ephemeralSigner('ecdsa-p256');
    check({ signedEntryTimestamp: await signTimestamp(other, entry) }).toThrow(invalid);
  });
});

describe('an entry of the public-good instance', () => {
  // From the happy-path-v0.3 bundle of sigstore-conformance.
  const json = parseJson(readFileSync(new URL('../test/public-good-entry.json', import.meta.url)));
  const publicKey = parsePublicKey(
    '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwr\nkBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==\n-----END PUBLIC KEY-----\n',
  );

  it('verifies', () => {
    const entry = parseLogEntryV1(json);
    expect(verifyLogEntry({ entry, publicKey }).size).toBe(75_408_393);
    expect(() => verifyLogEntry({ entry: { ...entry, logIndex: 75_408_392 }, publicKey })).toThrow(
      refusing('ERR_SIGNATURE_INVALID', 'signed entry timestamp'),
    );
  });
});
