import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakeLog } from '@countersign/client/testing';
import { exitCodes } from '../exit-code.ts';
import { runIn } from '../testing/test-io.ts';
import { treeId, useLog } from '../testing/use-log.ts';

const test = useLog();
const state = async () => JSON.parse(await readFile(join(test.home, '.rekor', 'state.json'), 'utf8'));

describe('loginfo', () => {
  it('shows an empty log, and stores nothing of it', async () => {
    const { code, out, err } = await test.run('loginfo');
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
"Verification Successful!
Active Tree Size:       0
Total Tree Size:        0
Root Hash:              e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
TreeID:                 1193050959916656506
"
`);
    expect(err).toBe('No previous log state stored, unable to prove consistency\n');
    await expect(state()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('shows a log as text and as JSON, and stores its checkpoint as rekor-cli does', async () => {
    test.log.grow(5);
    expect(await test.ok('loginfo')).toMatchInlineSnapshot(`
"Verification Successful!
Active Tree Size:       5
Total Tree Size:        5
Root Hash:              3a2a931ed00ed076f83192ec137122a10f090048775252707d5d79c582714e74
TreeID:                 1193050959916656506
"
`);
    const { code, out, err } = await test.run('loginfo', '--format', 'json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatchInlineSnapshot(`
"{"ActiveTreeSize":5,"TotalTreeSize":5,"RootHash":"3a2a931ed00ed076f83192ec137122a10f090048775252707d5d79c582714e74","TreeID":"1193050959916656506"}
"
`);
    const stored = await state();
    expect(Object.keys(stored)).toEqual([treeId, test.log.url]);
    expect(stored[treeId]).toMatch(/^log\.test - 1193050959916656506\n5\n/);
    expect(stored[test.log.url]).toBe(stored[treeId]);
  });

  it('proves that the log grew, and stores what it proved', async () => {
    test.log.grow(3);
    await test.ok('loginfo');
    test.log.grow(4);
    await test.ok('loginfo');
    expect(test.log.requests).toContain(`GET /api/v1/log/proof?firstSize=3&lastSize=7&treeID=${treeId}`);
    expect((await state())[treeId]).toContain('\n7\n');
  });

  it('stores nothing when told so, but still compares', async () => {
    test.log.grow(3);
    await test.ok('loginfo', '--store_tree_state=false');
    await expect(state()).rejects.toMatchObject({ code: 'ENOENT' });
    await test.ok('loginfo');
    test.log.leaves = test.log.leaves.slice(1);
    expect((await test.run('loginfo', '--store_tree_state=false')).code).toBe(exitCodes.shrunk);
  });

  it('goes on when the state cannot be stored, and says so', async () => {
    test.log.grow(1);
    await writeFile(join(test.home, '.rekor'), 'a file where the folder should be');
    const { code, err } = await test.run('loginfo');
    expect(code).toBe(0);
    expect(err).toContain('Unable to store previous state');
  });

  it('is loud about a shrunken log, on every contact, and keeps the evidence', async () => {
    test.log.grow(6);
    await test.ok('loginfo');
    const before = await state();
    test.log.leaves = test.log.leaves.slice(0, 4);
    for (const command of [['loginfo'], ['get', '--log-index', '1'], ['verify', '--log-index', '1']]) {
      const { code, out, err } = await test.run(...command);
      expect({ code, out }).toEqual({ code: exitCodes.shrunk, out: '' });
      expect(err).toMatch(/^!!! The log is smaller than it was before\. !!!\n/);
      expect(err).toContain(before[treeId]);
    }
    expect(await state()).toEqual(before);
  });

  it('is loud about a fork, of the same size and of a larger one, and keeps the evidence', async () => {
    test.log.grow(6);
    await test.ok('loginfo');
    const before = await state();
    test.log.leaves = [Buffer.from('{}'), ...test.log.leaves.slice(1)];
    expect((await test.run('loginfo')).code).toBe(exitCodes.forked);
    test.log.grow(3);
    for (const command of [['loginfo'], ['get', '--log-index', '1'], ['verify', '--log-index', '1']]) {
      const { code, out, err } = await test.run(...command);
      expect({ code, out }).toEqual({ code: exitCodes.forked, out: '' });
      expect(err).toMatch(/^!!! The log showed two histories/);
    }
    expect(await state()).toEqual(before);
  });

  it('takes another tree at the same address for a fork', async () => {
    test.log.grow(2);
    await test.ok('loginfo');
    const other = await FakeLog.start('5');
    try {
      test.log.intercept = (_request, response) => {
        const shown = {
          inactiveShards: null,
          rootHash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        };
        response.writeHead(200, { 'content-type': 'application/json' });
        void other
          .checkpoint()
          .then((signedTreeHead) =>
            response.end(JSON.stringify({ ...shown, signedTreeHead, treeID: '5', treeSize: 0 })),
          );
        return true;
      };
      expect((await test.run('loginfo')).code).toBe(exitCodes.forked);
    } finally {
      await other.close();
    }
  });

  it.each(['size', 'root'])('refuses a %s that the checkpoint does not say', async (which) => {
    test.log.grow(3);
    test.log.intercept = (request, response) => {
      if (request.url !== '/api/v1/log') return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      void test.log.checkpoint(2).then((signedTreeHead) => {
        const root = Buffer.from(signedTreeHead.split('\n')[2] ?? '', 'base64').toString('hex');
        const [treeSize, rootHash] = which === 'size' ? [3, root] : [2, 'ab'.repeat(32)];
        response.end(JSON.stringify({ inactiveShards: null, rootHash, signedTreeHead, treeID: treeId, treeSize }));
      });
      return true;
    };
    const { code, err } = await test.run('loginfo');
    expect(code).toBe(exitCodes.failed);
    expect(err).toContain('ERR_CHECKPOINT_INVALID');
  });

  it('trusts the key it is given, and no other', async () => {
    test.log.grow(1);
    const pem = join(test.home, 'test.log.pub');
    await writeFile(pem, test.log.publicKey);
    await test.ok('loginfo', '--rekor_server_public_key', pem);
    expect(test.log.requests).toEqual(['GET /api/v1/log']);
    const other = await FakeLog.start();
    await other.close();
    const env = { REKOR_REKOR_SERVER_PUBLIC_KEY: other.publicKey };
    const { code, err } = await runIn(test.home, ['loginfo', '--rekor_server', test.log.url], { env });
    expect(code).toBe(exitCodes.failed);
    expect(err).toContain('ERR_CHECKPOINT_INVALID');
  });

  it('tells that there is no server', async () => {
    await test.log.close();
    const { code, err } = await test.run('loginfo');
    expect(code).toBe(exitCodes.network);
    expect(err).toContain('connection refused');
  });
});
