import { ephemeralSigner, type Signer } from '@countersign/crypto';
import {
  buildProof,
  foldNodes,
  type Hash,
  leafHash,
  type Node,
  planConsistency,
  planRoot,
  signCheckpoint,
  signCheckpointV1,
  TileNodes,
} from '@countersign/merkle';
import { verifyConsistencyBetween } from './verify-consistency-between.ts';

/** A log in memory, of up to 256 leaves; `seed` makes another history. */
class MemoryLog {
  readonly #tile: TileNodes;
  readonly #signer: Signer;
  constructor(signer: Signer, seed = '') {
    this.#signer = signer;
    this.#tile = TileNodes.from(
      Buffer.concat(Array.from({ length: 64 }, (_, at) => leafHash(Buffer.from(`${seed}${at}`)))),
    );
  }

  readonly #lookup = ({ level, index }: Node): Hash => this.#tile.node(level, index);

  checkpoint(size: number, tree = { hostname: 'rekor.example', treeId: '7' }): Promise<string> {
    return signCheckpointV1({ ...tree, size, root: foldNodes(planRoot(size).map(this.#lookup)) }, this.#signer);
  }

  proof(first: number, second: number): Hash[] {
    return buildProof(planConsistency(first, second), this.#lookup);
  }
}

async function setUp() {
  const signer = await ephemeralSigner('ecdsa-p256');
  return { publicKey: signer.publicKey, signer, log: new MemoryLog(signer), fork: new MemoryLog(signer, 'fork ') };
}

const invalid = expect.objectContaining({ code: 'ERR_CHECKPOINT_INVALID' });

describe('a log against what it showed before', () => {
  it('has grown', async () => {
    const { log, publicKey } = await setUp();
    for (const [first, second] of [
      [0, 5],
      [1, 2],
      [5, 64],
      [32, 33],
    ] as const) {
      const [stored, shown] = [await log.checkpoint(first), await log.checkpoint(second)];
      expect(verifyConsistencyBetween(stored, shown, log.proof(first, second), publicKey)).toBe('grown');
    }
  });

  it('is equal, signed anew or not', async () => {
    const { log, publicKey } = await setUp();
    const stored = await log.checkpoint(5);
    expect(verifyConsistencyBetween(stored, stored, [], publicKey)).toBe('equal');
    expect(verifyConsistencyBetween(stored, await log.checkpoint(5), [], publicKey)).toBe('equal');
    expect(verifyConsistencyBetween(await log.checkpoint(0), await log.checkpoint(0), [], publicKey)).toBe('equal');
  });

  it('may have another host name', async () => {
    const { log, publicKey } = await setUp();
    const shown = await log.checkpoint(9, { hostname: 'moved.example', treeId: '7' });
    expect(verifyConsistencyBetween(await log.checkpoint(5), shown, log.proof(5, 9), publicKey)).toBe('grown');
  });

  it('has shrunk', async () => {
    const { log, publicKey } = await setUp();
    const [stored, shown] = [await log.checkpoint(6), await log.checkpoint(5)];
    expect(() => verifyConsistencyBetween(stored, shown, log.proof(5, 6), publicKey)).toThrow(
      expect.objectContaining({ code: 'ERR_LOG_SHRUNK', details: { stored, shown } }),
    );
  });

  it('has forked: one size, two roots', async () => {
    const { log, fork, publicKey } = await setUp();
    const [stored, shown] = [await log.checkpoint(5), await fork.checkpoint(5)];
    expect(() => verifyConsistencyBetween(stored, shown, [], publicKey)).toThrow(
      expect.objectContaining({ code: 'ERR_LOG_FORKED', details: { stored, shown } }),
    );
  });

  it('has forked: no proof leads from one to the other', async () => {
    const { log, fork, publicKey } = await setUp();
    const [stored, shown] = [await log.checkpoint(5), await fork.checkpoint(9)];
    const forked = expect.objectContaining({ code: 'ERR_LOG_FORKED', details: { stored, shown } });
    expect(() => verifyConsistencyBetween(stored, shown, fork.proof(5, 9), publicKey)).toThrow(forked);
    expect(() => verifyConsistencyBetween(stored, shown, log.proof(5, 9), publicKey)).toThrow(forked);
    expect(() => verifyConsistencyBetween(stored, shown, [], publicKey)).toThrow(forked);
    const honest = await log.checkpoint(9);
    expect(() => verifyConsistencyBetween(stored, honest, log.proof(5, 9).slice(1), publicKey)).toThrow(
      expect.objectContaining({ code: 'ERR_LOG_FORKED' }),
    );
  });

  it('cannot be told when either is not a checkpoint of this key', async () => {
    const { log, publicKey } = await setUp();
    const other = new MemoryLog(await ephemeralSigner('ecdsa-p256'));
    const [five, nine] = [await log.checkpoint(5), await log.checkpoint(9)];
    const proof = log.proof(5, 9);
    expect(() => verifyConsistencyBetween(five, '', proof, publicKey)).toThrow(invalid);
    expect(() => verifyConsistencyBetween('', nine, proof, publicKey)).toThrow(invalid);
    expect(() => verifyConsistencyBetween(five.replace('\n5\n', '\n4\n'), nine, proof, publicKey)).toThrow(invalid);
    const [strangeFive, strangeNine] = [await other.checkpoint(5), await other.checkpoint(9)];
    expect(() => verifyConsistencyBetween(strangeFive, nine, proof, publicKey)).toThrow(invalid);
    expect(() => verifyConsistencyBetween(five, strangeNine, proof, publicKey)).toThrow(invalid);
  });

  it('cannot be told from checkpoints of two trees, or of no v1 log', async () => {
    const { log, signer, publicKey } = await setUp();
    const five = await log.checkpoint(5);
    const elsewhere = await log.checkpoint(9, { hostname: 'rekor.example', treeId: '8' });
    expect(() => verifyConsistencyBetween(five, elsewhere, log.proof(5, 9), publicKey)).toThrow(invalid);
    const plain = { origin: 'rekor.example', size: 9, root: leafHash(new Uint8Array(0)), extensions: [] };
    const modern = await signCheckpoint(plain, signer);
    expect(() => verifyConsistencyBetween(five, modern, [], publicKey)).toThrow(invalid);
  });
});
