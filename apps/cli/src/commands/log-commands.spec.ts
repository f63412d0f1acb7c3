import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeLog } from '@countersign/client/testing';
import { exitCodes } from '../exit-code.ts';
import { type Ran, runIn } from '../testing/test-io.ts';

const treeId = '1193050959916656506';
let home: string;
let log: FakeLog;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
  log = await FakeLog.start(treeId);
});
afterEach(async () => {
  await log.close();
  await rm(home, { recursive: true });
});

const run = (...args: string[]): Promise<Ran> => runIn(home, [...args, '--rekor_server', log.url, '--retry', '0']);

async function ok(...args: string[]): Promise<string> {
  const { code, out, err } = await run(...args);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${code}\n${err}`);
  return out;
}

/** Signs an artifact with a new key: the flags that name the three files. */
async function signed(content = 'artifact'): Promise<readonly string[]> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const files = {
    artifact: content,
    signature: sign('sha256', Buffer.from(content), privateKey),
    'public-key': publicKey.export({ format: 'pem', type: 'spki' }),
  };
  const flags: string[] = [];
  for (const [name, data] of Object.entries(files)) {
    await writeFile(join(home, name), data);
    flags.push(`--${name}`, join(home, name));
  }
  return flags;
}

const state = async () => JSON.parse(await readFile(join(home, '.rekor', 'state.json'), 'utf8'));
const stripped = (text: string) => text.replaceAll(log.url, 'http://log').replace(/^— .*$/gm, '— signature');

describe('loginfo', () => {
  it('shows an empty log, and stores nothing of it', async () => {
    const { code, out, err } = await run('loginfo');
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
    log.grow(5);
    expect(await ok('loginfo')).toMatchInlineSnapshot(`
"Verification Successful!
Active Tree Size:       5
Total Tree Size:        5
Root Hash:              3a2a931ed00ed076f83192ec137122a10f090048775252707d5d79c582714e74
TreeID:                 1193050959916656506
"
`);
    const { code, out, err } = await run('loginfo', '--format', 'json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatchInlineSnapshot(`
"{"ActiveTreeSize":5,"TotalTreeSize":5,"RootHash":"3a2a931ed00ed076f83192ec137122a10f090048775252707d5d79c582714e74","TreeID":"1193050959916656506"}
"
`);
    const stored = await state();
    expect(Object.keys(stored)).toEqual([treeId, log.url]);
    expect(stored[treeId]).toMatch(/^log\.test - 1193050959916656506\n5\n/);
    expect(stored[log.url]).toBe(stored[treeId]);
  });

  it('proves that the log grew, and stores what it proved', async () => {
    log.grow(3);
    await ok('loginfo');
    log.grow(4);
    await ok('loginfo');
    expect(log.requests).toContain(`GET /api/v1/log/proof?firstSize=3&lastSize=7&treeID=${treeId}`);
    expect((await state())[treeId]).toContain('\n7\n');
  });

  it('stores nothing when told so, but still compares', async () => {
    log.grow(3);
    await ok('loginfo', '--store_tree_state=false');
    await expect(state()).rejects.toMatchObject({ code: 'ENOENT' });
    await ok('loginfo');
    log.leaves = log.leaves.slice(1);
    expect((await run('loginfo', '--store_tree_state=false')).code).toBe(exitCodes.shrunk);
  });

  it('goes on when the state cannot be stored, and says so', async () => {
    log.grow(1);
    await writeFile(join(home, '.rekor'), 'a file where the folder should be');
    const { code, err } = await run('loginfo');
    expect(code).toBe(0);
    expect(err).toContain('Unable to store previous state');
  });

  it('is loud about a shrunken log, on every contact, and keeps the evidence', async () => {
    log.grow(6);
    await ok('loginfo');
    const before = await state();
    log.leaves = log.leaves.slice(0, 4);
    for (const command of [['loginfo'], ['get', '--log-index', '1'], ['verify', '--log-index', '1']]) {
      const { code, out, err } = await run(...command);
      expect({ code, out }).toEqual({ code: exitCodes.shrunk, out: '' });
      expect(err).toMatch(/^!!! The log is smaller than it was before\. !!!\n/);
      expect(err).toContain(before[treeId]);
    }
    expect(await state()).toEqual(before);
  });

  it('is loud about a fork, of the same size and of a larger one, and keeps the evidence', async () => {
    log.grow(6);
    await ok('loginfo');
    const before = await state();
    log.leaves = [Buffer.from('{}'), ...log.leaves.slice(1)];
    expect((await run('loginfo')).code).toBe(exitCodes.forked);
    log.grow(3);
    for (const command of [['loginfo'], ['get', '--log-index', '1'], ['verify', '--log-index', '1']]) {
      const { code, out, err } = await run(...command);
      expect({ code, out }).toEqual({ code: exitCodes.forked, out: '' });
      expect(err).toMatch(/^!!! The log showed two histories/);
    }
    expect(await state()).toEqual(before);
  });

  it('takes another tree at the same address for a fork', async () => {
    log.grow(2);
    await ok('loginfo');
    const other = await FakeLog.start('5');
    try {
      log.intercept = (_request, response) => {
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
      expect((await run('loginfo')).code).toBe(exitCodes.forked);
    } finally {
      await other.close();
    }
  });

  it('refuses a size that the checkpoint does not say', async () => {
    log.grow(3);
    const signedTreeHead = await log.checkpoint(2);
    log.intercept = (request, response) => {
      if (request.url !== '/api/v1/log') return false;
      const lie = { inactiveShards: null, rootHash: 'ab'.repeat(32), signedTreeHead, treeID: treeId, treeSize: 3 };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(lie));
      return true;
    };
    const { code, err } = await run('loginfo');
    expect(code).toBe(exitCodes.failed);
    expect(err).toContain('ERR_CHECKPOINT_INVALID');
  });

  it('trusts the key it is given, and no other', async () => {
    log.grow(1);
    const pem = join(home, 'log.pub');
    await writeFile(pem, log.publicKey);
    await ok('loginfo', '--rekor_server_public_key', pem);
    expect(log.requests).toEqual(['GET /api/v1/log']);
    const other = await FakeLog.start();
    await other.close();
    const env = { REKOR_REKOR_SERVER_PUBLIC_KEY: other.publicKey };
    const { code, err } = await runIn(home, ['loginfo', '--rekor_server', log.url], { env });
    expect(code).toBe(exitCodes.failed);
    expect(err).toContain('ERR_CHECKPOINT_INVALID');
  });

  it('tells that there is no server', async () => {
    await log.close();
    const { code, err } = await run('loginfo');
    expect(code).toBe(exitCodes.network);
    expect(err).toContain('connection refused');
  });
});

describe('get', () => {
  beforeEach(() => log.grow(3));

  it('shows an entry as text, JSON and protobuf JSON', async () => {
    const json = await ok('get', '--log-index', '1', '--format', 'json');
    const logId = JSON.parse(json).LogID;
    expect((await ok('get', '--log-index', '1')).replace(logId, 'LOGID')).toMatchInlineSnapshot(`
"LogID: LOGID
Index: 1
IntegratedTime: 2023-11-14T22:13:21Z
UUID: 108e9186e8c5677a4fd4d86954dcdb53f6d9db03b9fb8658c711bfb79c368bdf36b9eba355c922ff
Body: {
  "TestObj": {
    "number": 1
  }
}

"
`);
    expect(json.replace(logId, 'LOGID')).toMatchInlineSnapshot(`
"{"Attestation":"","AttestationType":"","Body":{"TestObj":{"number":1}},"LogIndex":1,"IntegratedTime":1700000001,"UUID":"108e9186e8c5677a4fd4d86954dcdb53f6d9db03b9fb8658c711bfb79c368bdf36b9eba355c922ff","LogID":"LOGID"}
"
`);
    const tle = JSON.parse(await ok('get', '--log-index', '0', '--format', 'tle'));
    expect(tle).toMatchObject({
      logIndex: '0',
      kindVersion: { kind: 'test', version: '0.0.1' },
      integratedTime: '1700000000',
      inclusionProof: { logIndex: '0', treeSize: '3', checkpoint: { envelope: expect.stringContaining('log.test') } },
      canonicalizedBody: Buffer.from('{"apiVersion":"0.0.1","kind":"test","spec":{"number":0}}').toString('base64'),
    });
  });

  it('finds an entry by UUID and by entry id', async () => {
    const text = await ok('get', '--log-index', '2');
    expect(await ok('get', '--uuid', log.entryId(2))).toBe(text);
    expect(await ok('get', '--uuid', log.entryId(2).slice(16).toUpperCase())).toBe(text);
  });

  it('shows an attestation, which cannot drive the terminal', async () => {
    const [entry = {}] = Object.values(await log.entry(1));
    const attestation = { data: Buffer.from('\u001b[2Jdata\n\xff', 'latin1').toString('base64') };
    log.intercept = (request, response) => {
      if (!request.url?.includes('logIndex')) return false;
      const body = { [log.entryId(1)]: { ...(entry as object), attestation } };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      return true;
    };
    expect(await ok('get', '--log-index', '1')).toContain('\nAttestation: \\u{1b}[2Jdata\n\ufffd\nIndex: 1\n');
    const json = JSON.parse(await ok('get', '--log-index', '1', '--format', 'json'));
    expect(json.Attestation).toBe('\u001b[2Jdata\n\ufffd');
  });

  it('tells that there is none', async () => {
    for (const which of [
      ['--log-index', '3'],
      ['--uuid', 'ab'.repeat(32)],
    ]) {
      const { code, err } = await run('get', ...which);
      expect(code).toBe(exitCodes.failed);
      expect(err).toContain('ERR_ENTRY_NOT_FOUND');
    }
  });

  it('shows nothing that does not verify', async () => {
    const entry = JSON.stringify(await log.entry(1)).replace(
      '"integratedTime":1700000001',
      '"integratedTime":1700000002',
    );
    log.intercept = (request, response) => {
      if (!request.url?.includes('logIndex')) return false;
      response.writeHead(200, { 'content-type': 'application/json' }).end(entry);
      return true;
    };
    const { code, out, err } = await run('get', '--log-index', '1');
    expect({ code, out }).toEqual({ code: exitCodes.failed, out: '' });
    expect(err).toContain('ERR_SIGNATURE_INVALID');
  });

  it.each([[[]], [['--uuid', 'ab'.repeat(32), '--log-index', '1']], [['--log-index', '-1']], [['--uuid', 'ab']]])(
    'is used wrongly with %p',
    async (flags) => expect((await run('get', ...flags)).code).toBe(exitCodes.usage),
  );
});

describe('logproof', () => {
  beforeEach(() => log.grow(7));

  it('shows a proof as text and as JSON', async () => {
    expect(await ok('logproof', '--first-size', '3', '--last-size', '7')).toMatchInlineSnapshot(`
"Current Root Hash: 69be8677b63f0b58d6cd382304a21587a04b9bcb6864eec7001e14258ccf80a0
Hashes: [7ac159173fc465f0eaf559cc69b07feaff3cf27f73d8bfc634f73d4f801df2b2,c0a603546a38542db161ea1a474e9474a7b2f943b97a5d2d238f7c70f2d2f236,2ca20345b0a03479b2919bfaef3ea73529c1e439e01f613976e42bf6420e584b,3fbdda2c44ec0036d2f41ba92341d41da1b42e14d50cc75afe8aae08e9e5fe5b]
"
`);
    expect(await ok('logproof', '--last-size', '7', '--tree-id', treeId, '--format', 'json')).toMatchInlineSnapshot(`
"{"RootHash":"69be8677b63f0b58d6cd382304a21587a04b9bcb6864eec7001e14258ccf80a0","Hashes":["4fd4d86954dcdb53f6d9db03b9fb8658c711bfb79c368bdf36b9eba355c922ff","23c4ac97cc8676f9df92bc058912bf9e68b60cfd58a32680e8a0ab17544ee757","3fbdda2c44ec0036d2f41ba92341d41da1b42e14d50cc75afe8aae08e9e5fe5b"]}
"
`);
    expect(log.requests.at(-1)).toBe(`GET /api/v1/log/proof?firstSize=1&lastSize=7&treeID=${treeId}`);
  });

  it('passes on that the log refused', async () => {
    const { code, err } = await run('logproof', '--last-size', '8');
    expect(code).toBe(exitCodes.failed);
    expect(err).toContain('answered 400: no such proof (ERR_SERVER_REFUSED)');
  });

  it.each([
    [[]],
    [['--last-size', '0']],
    [['--first-size', '0', '--last-size', '1']],
    [['--first-size', '2', '--last-size', '1']],
  ])('is used wrongly with %p', async (flags) => expect((await run('logproof', ...flags)).code).toBe(exitCodes.usage));
});

describe('upload and verify', () => {
  it('write an entry once, and prove it', async () => {
    const flags = await signed();
    const location = () => `${log.url}/api/v1/log/entries/${log.entryId(0)}`;
    expect(await ok('upload', ...flags)).toBe(`Created entry at index 0, available at: ${location()}\n`);
    expect(await ok('upload', ...flags)).toBe(`Entry already exists; available at: ${location()}\n`);
    expect(JSON.parse(await ok('upload', ...flags, '--format', 'json'))).toEqual({
      AlreadyExists: true,
      Location: `/api/v1/log/entries/${log.entryId(0)}`,
      Index: 0,
    });
    log.grow(4);
    const text = await ok('verify', ...flags);
    expect(text).toMatch(
      /^Verified with the key the log serves: the log includes this entry \(hashedrekord 0\.0\.1\) at index 0; it is the entry of the given artifact, signature and key\.\nCurrent Root Hash: /,
    );
    const [computed, expected] = ['Computed', 'Expected'].map(
      (word) => new RegExp(`${word} Root Hash: (.*)`).exec(text)?.[1],
    );
    expect(computed).toBe(expected);
    expect(text.match(/SHA256\(0x01 \|/g)).toHaveLength(3);
    const json = JSON.parse(await ok('verify', ...flags, '--format', 'json'));
    expect(json).toMatchObject({ RootHash: expected, EntryUUID: log.entryId(0), Index: 0, Size: 5 });
    expect(Object.keys(json)).toEqual(['RootHash', 'EntryUUID', 'Index', 'Size', 'Hashes', 'Checkpoint']);
  });

  it('work through every proof to its root', async () => {
    for (let size = 1; size <= 9; size++) {
      log.grow(1);
      for (let index = 0; index < size; index++) {
        const text = await ok('verify', '--log-index', `${index}`);
        const [, computed, expected] = /Computed Root Hash: (.*)\nExpected Root Hash: (.*)\n$/.exec(text) ?? [];
        expect(computed).toMatch(/^[0-9a-f]{64}$/);
        expect(computed).toBe(expected);
      }
    }
  });

  it('say of an entry found by name that it was compared with nothing', async () => {
    log.grow(2);
    expect(stripped(await ok('verify', '--uuid', log.entryId(1)))).toMatchInlineSnapshot(`
"Verified with the key the log serves: the log includes this entry (test 0.0.1) at index 1; it was not compared with any artifact.
Current Root Hash: 2ca20345b0a03479b2919bfaef3ea73529c1e439e01f613976e42bf6420e584b
Entry Hash: 4fd4d86954dcdb53f6d9db03b9fb8658c711bfb79c368bdf36b9eba355c922ff
Entry Index in Current Tree: 1
Current Tree Size: 2
Checkpoint:
log.test - 1193050959916656506
2
LKIDRbCgNHmykZv67z6nNSnB5DngH2E5duQr9kIOWEs=

— signature


Inclusion Proof:
SHA256(0x01 | 290b6b9428dbfbebc95e89220615c29e78bfe996afe14327d374635e2a9ba0b0 | 4fd4d86954dcdb53f6d9db03b9fb8658c711bfb79c368bdf36b9eba355c922ff) =
	2ca20345b0a03479b2919bfaef3ea73529c1e439e01f613976e42bf6420e584b

Computed Root Hash: 2ca20345b0a03479b2919bfaef3ea73529c1e439e01f613976e42bf6420e584b
Expected Root Hash: 2ca20345b0a03479b2919bfaef3ea73529c1e439e01f613976e42bf6420e584b
"
`);
  });

  it('say whose key was trusted', async () => {
    log.grow(1);
    const text = await ok('verify', '--log-index', '0', '--rekor_server_public_key', log.publicKey);
    expect(text).toMatch(/^Verified with the given key of the log: the log includes this entry/);
  });

  it('upload a digest, an entry file, and what comes on standard input', async () => {
    const [, artifact = '', ...rest] = await signed('from stdin');
    const stdin = (async function* () {
      yield Buffer.from('from stdin');
    })();
    const server = ['--rekor_server', log.url];
    expect((await runIn(home, ['upload', '--artifact', '-', ...rest, ...server], { stdin })).out).toMatch(/^Created/);
    const digest = '5f4a1c1c4a4f4a0d7f0e3c1b5a8f0d9e7c6b5a4f3e2d1c0b9a8f7e6d5c4b3a29';
    const wrong = await run('upload', '--artifact-hash', digest, '--artifact', artifact, ...rest);
    expect(wrong.code).toBe(exitCodes.usage);
    const entry = join(home, 'entry.json');
    await writeFile(entry, JSON.stringify({ apiVersion: '0.0.1', kind: 'acme', spec: { any: 'thing' } }));
    expect(await ok('upload', '--entry', entry)).toMatch(/^Created entry at index 1,/);
    expect((await run('verify', '--entry', entry)).err).toContain('ERR_ENTRY_KIND_UNKNOWN');
  });

  it('refuse before anything is sent what does not hold together', async () => {
    const flags = await signed();
    await writeFile(join(home, 'artifact'), 'changed');
    const { code, err } = await run('upload', ...flags);
    expect(code).toBe(exitCodes.failed);
    expect(err).toContain('ERR_SIGNATURE_INVALID');
    expect(log.requests).toEqual([]);
  });

  it('notice that the log wrote something else', async () => {
    const flags = await signed();
    log.grow(1);
    const other = JSON.stringify(await log.entry(0));
    const headers = { 'content-type': 'application/json', location: `/api/v1/log/entries/${log.entryId(0)}` };
    log.intercept = (request, response) => {
      if (request.method !== 'POST') return false;
      const found = request.url?.endsWith('retrieve');
      response.writeHead(found ? 200 : 201, headers).end(found ? `[${other}]` : other);
      return true;
    };
    for (const command of ['upload', 'verify']) {
      const { code, out, err } = await run(command, ...flags);
      expect({ code, out }).toEqual({ code: exitCodes.failed, out: '' });
      expect(err).toContain('ERR_ENTRY_MISMATCH');
    }
  });

  it('tell that nothing was found, and refuse more than one', async () => {
    const flags = await signed();
    expect((await run('verify', ...flags)).err).toContain('entry in log cannot be located (ERR_ENTRY_NOT_FOUND)');
    log.grow(2);
    const two = JSON.stringify([await log.entry(0), await log.entry(1)]);
    log.intercept = (request, response) => {
      if (request.method !== 'POST') return false;
      response.writeHead(200, { 'content-type': 'application/json' }).end(two);
      return true;
    };
    expect((await run('verify', '--log-index', '0')).err).toContain('ERR_ENTRY_MISMATCH');
  });

  it('refuse a proof for another entry than the one named', async () => {
    log.grow(2);
    const other = JSON.stringify([await log.entry(1)]);
    log.intercept = (request, response) => {
      if (request.method !== 'POST') return false;
      response.writeHead(200, { 'content-type': 'application/json' }).end(other);
      return true;
    };
    for (const which of [
      ['--log-index', '0'],
      ['--uuid', log.entryId(0)],
    ]) {
      expect((await run('verify', ...which)).err).toContain('ERR_ENTRY_MISMATCH');
    }
  });

  it.each([
    ['upload', []],
    ['upload', ['--signature', 'x']],
    ['upload', ['--artifact', '-', '--signature', '-']],
    ['upload', ['--entry', 'x', '--artifact', 'y']],
    ['upload', ['--artifact-hash', 'zz']],
    ['upload', ['--artifact', 'x', '--format', 'xml']],
    ['verify', []],
    ['verify', ['--log-index', '1', '--artifact', 'x']],
    ['verify', ['--uuid', 'ab'.repeat(32), '--log-index', '1']],
    ['verify', ['--uuid', 'ab'.repeat(32), '--signature', 'x']],
    ['verify', ['--log-index', '1', '--format', 'tle']],
  ])('are used wrongly: %s %p', async (command, flags) => {
    log.grow(2);
    expect((await run(command, ...flags)).code).toBe(exitCodes.usage);
  });
});
