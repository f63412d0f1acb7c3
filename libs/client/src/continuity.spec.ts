import { ephemeralSigner, parsePublicKey } from '@countersign/crypto';
import { signCheckpointV1 } from '@countersign/merkle';
import { type ContinuityCheck, checkContinuity } from './continuity.ts';
import { FakeLog } from './testing/fake-log.ts';

const treeId = '1193050959916656506';
let log: FakeLog;

beforeEach(async () => {
  log = await FakeLog.start(treeId);
  log.grow(7);
});
afterEach(() => log.close());

async function check(stored: string | undefined, options: Partial<ContinuityCheck> = {}): Promise<string> {
  return checkContinuity({
    treeId,
    stored,
    shown: await log.checkpoint(),
    publicKey: parsePublicKey(log.publicKey),
    proof: async (first, last) => {
      const answer = await fetch(`${log.url}/api/v1/log/proof?firstSize=${first}&lastSize=${last}`);
      const { rootHash, hashes } = (await answer.json()) as { rootHash: string; hashes: string[] };
      return { rootHash: Buffer.from(rootHash, 'hex'), hashes: hashes.map((hash) => Buffer.from(hash, 'hex')) };
    },
    ...options,
  });
}

describe('checkContinuity', () => {
  it('takes the first contact, the same tree and a grown one', async () => {
    expect(await check(undefined)).toBe('first-contact');
    expect(await check(await log.checkpoint())).toBe('equal');
    for (let size = 1; size < 7; size++) expect(await check(await log.checkpoint(size))).toBe('grown');
  });

  it('takes a log that has another host name now', async () => {
    log.leaves = [];
    const signer = await ephemeralSigner('ecdsa-p256');
    const root = Buffer.alloc(32, 1);
    const before = await signCheckpointV1({ hostname: 'old.test', treeId, size: 3, root }, signer);
    const shown = await signCheckpointV1({ hostname: 'new.test', treeId, size: 3, root }, signer);
    expect(await check(before, { shown, publicKey: signer.publicKey })).toBe('equal');
  });

  it('refuses a shrunken log, with the evidence', async () => {
    const stored = await log.checkpoint();
    log.leaves = log.leaves.slice(0, 6);
    await expect(check(stored)).rejects.toMatchObject({
      code: 'ERR_LOG_SHRUNK',
      details: { stored, shown: expect.stringContaining('\n6\n') },
    });
  });

  it('refuses another tree of the same size, with the evidence', async () => {
    const stored = await log.checkpoint();
    log.leaves = [...log.leaves.slice(0, 6), Buffer.from('rewritten')];
    await expect(check(stored)).rejects.toMatchObject({ code: 'ERR_LOG_FORKED', details: { stored } });
  });

  it('refuses a larger tree that does not extend the stored one', async () => {
    const stored = await log.checkpoint();
    log.leaves = [Buffer.from('rewritten'), ...log.leaves.slice(1)];
    log.grow(3);
    await expect(check(stored)).rejects.toMatchObject({
      code: 'ERR_LOG_FORKED',
      message: `tree ${treeId} cannot prove that its 10 entries extend the 7 seen before`,
    });
  });

  it('lets no failure to get the proof pass', async () => {
    const failure = new Error('refused');
    const proof = async () => {
      throw failure;
    };
    await expect(check(await log.checkpoint(3), { proof })).rejects.toBe(failure);
  });

  it('refuses a checkpoint of another key, and a stored one of another key', async () => {
    const other = await FakeLog.start(treeId);
    other.grow(7);
    try {
      const theirs = await other.checkpoint();
      await expect(check(undefined, { shown: theirs })).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_INVALID' });
      await expect(check(theirs)).rejects.toMatchObject({
        code: 'ERR_CHECKPOINT_INVALID',
        details: { stored: theirs },
      });
    } finally {
      await other.close();
    }
  });

  it('refuses a checkpoint of another tree', async () => {
    await expect(check(undefined, { treeId: '5' })).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_INVALID' });
    await expect(check('no checkpoint')).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_INVALID' });
  });
});
