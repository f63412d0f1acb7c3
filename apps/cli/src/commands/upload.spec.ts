import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serve } from '@countersign/client/testing';
import { exitCodes } from '../exit-code.ts';
import { runIn } from '../testing/test-io.ts';
import { useLog } from '../testing/use-log.ts';

const test = useLog();
const withoutSignature = (text: string) => text.replace(/^— .*$/gm, '— signature');

describe('upload and verify', () => {
  it('write an entry once, and prove it', async () => {
    const flags = await test.signed();
    const location = () => `${test.log.url}/api/v1/log/entries/${test.log.entryId(0)}`;
    expect(await test.ok('upload', ...flags)).toBe(`Created entry at index 0, available at: ${location()}\n`);
    expect(await test.ok('upload', ...flags)).toBe(`Entry already exists; available at: ${location()}\n`);
    expect(JSON.parse(await test.ok('upload', ...flags, '--format', 'json'))).toEqual({
      AlreadyExists: true,
      Location: `/api/v1/log/entries/${test.log.entryId(0)}`,
      Index: 0,
    });
    test.log.grow(4);
    const text = await test.ok('verify', ...flags);
    expect(text).toMatch(
      /^Verified with the key the log serves: the log includes this entry \(hashedrekord 0\.0\.1\) at index 0; it is the entry of the given artifact, signature and key\.\nCurrent Root Hash: /,
    );
    const [computed, expected] = ['Computed', 'Expected'].map(
      (word) => new RegExp(`${word} Root Hash: (.*)`).exec(text)?.[1],
    );
    expect(computed).toBe(expected);
    expect(text.match(/SHA256\(0x01 \|/g)).toHaveLength(3);
    const json = JSON.parse(await test.ok('verify', ...flags, '--format', 'json'));
    expect(json).toMatchObject({ RootHash: expected, EntryUUID: test.log.entryId(0), Index: 0, Size: 5 });
    expect(Object.keys(json)).toEqual(['RootHash', 'EntryUUID', 'Index', 'Size', 'Hashes', 'Checkpoint']);
  });

  it('send the token of a file with the upload, and with nothing else', async () => {
    const seen: [method: unknown, path: unknown, authorization: string | undefined][] = [];
    test.log.intercept = ({ method, url, headers }) => {
      seen.push([method, url, headers.authorization]);
      return false;
    };
    const token = join(test.home, 'token');
    await writeFile(token, 'aBc-1._~+/=\n');
    await test.ok('upload', ...(await test.signed()), '--token-file', token);
    expect(seen.filter(([, , authorization]) => authorization !== undefined)).toEqual([
      ['POST', '/api/v1/log/entries', 'Bearer aBc-1._~+/='],
    ]);
    await writeFile(token, 'secret\r\nX: y');
    const refused = await test.run('upload', ...(await test.signed()), '--token-file', token);
    expect(refused).toMatchObject({ code: exitCodes.usage, err: expect.stringContaining('holds no bearer token') });
    expect(refused.err).not.toContain('secret');
  });

  it('work through every proof to its root', async () => {
    for (let size = 1; size <= 9; size++) {
      test.log.grow(1);
      for (let index = 0; index < size; index++) {
        const text = await test.ok('verify', '--log-index', `${index}`);
        const [, computed, expected] = /Computed Root Hash: (.*)\nExpected Root Hash: (.*)\n$/.exec(text) ?? [];
        expect(computed).toMatch(/^[0-9a-f]{64}$/);
        expect(computed).toBe(expected);
      }
    }
  });

  it('say of an entry found by name that it was compared with nothing', async () => {
    test.log.grow(2);
    expect(withoutSignature(await test.ok('verify', '--uuid', test.log.entryId(1)))).toMatchInlineSnapshot(`
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
    test.log.grow(1);
    const text = await test.ok('verify', '--log-index', '0', '--rekor_server_public_key', test.log.publicKey);
    expect(text).toMatch(/^Verified with the given key of the log: the log includes this entry/);
  });

  it('upload a digest, an entry file, and what comes on standard input', async () => {
    const [, artifact = '', ...rest] = await test.signed('from stdin');
    const stdin = (async function* () {
      yield Buffer.from('from stdin');
    })();
    const server = ['--rekor_server', test.log.url];
    expect((await runIn(test.home, ['upload', '--artifact', '-', ...rest, ...server], { stdin })).out).toMatch(
      /^Created/,
    );
    const digest = '5f4a1c1c4a4f4a0d7f0e3c1b5a8f0d9e7c6b5a4f3e2d1c0b9a8f7e6d5c4b3a29';
    const wrong = await test.run('upload', '--artifact-hash', digest, '--artifact', artifact, ...rest);
    expect(wrong.code).toBe(exitCodes.usage);
    const entry = join(test.home, 'entry.json');
    await writeFile(entry, JSON.stringify({ apiVersion: '0.0.1', kind: 'acme', spec: { any: 'thing' } }));
    expect(await test.ok('upload', '--entry', entry)).toMatch(/^Created entry at index 1,/);
    expect((await test.run('verify', '--entry', entry)).err).toContain('ERR_ENTRY_KIND_UNKNOWN');
  });

  it('show progress to a person, and to nobody else', async () => {
    const flags = [...(await test.signed()), '--rekor_server', test.log.url];
    let now = 0;
    const seconds = () => {
      now += 2000;
      return now;
    };
    const every = (_: number, tick: () => void) => {
      tick();
      return () => {};
    };
    const io = { terminal: true, now: seconds, every };
    const { code, out, err } = await runIn(test.home, ['upload', ...flags], io);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^Created entry/) });
    const shown = ['reading the artifact', 'reading the signature', 'reading the public key', 'uploading'];
    expect(err).toBe(shown.map((label) => `\r| ${label}\u001b[K\r\u001b[K`).join(''));
    expect((await runIn(test.home, ['upload', ...flags, '--format', 'json'], io)).err).toBe('');
    expect((await runIn(test.home, ['upload', ...flags], { ...io, terminal: false })).err).toBe('');
  });

  it('show an entry without sending it', async () => {
    const flags = await test.signed();
    const { code, out, err } = await test.run('upload', '--dry-run', ...flags);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [, uuid, body] = /^Nothing was sent\..*\nUUID: ([0-9a-f]{64})\nBody: (\{.*\})\n$/.exec(out) ?? [];
    const json = await test.ok('upload', '--dry-run', ...flags, '--format', 'json');
    expect(JSON.parse(json)).toEqual({ UUID: uuid, Body: JSON.parse(body ?? '') });
    expect(test.log.requests).toEqual([]);
    // It is what an upload makes.
    await test.ok('upload', ...flags);
    expect(test.log.entryId(0).slice(16)).toBe(uuid);
    expect(Buffer.from(test.log.leaves[0] ?? []).toString()).toBe(body);
  });

  it('show nothing that no plugin knows, and fetch nothing, in a dry run', async () => {
    const entry = join(test.home, 'entry.json');
    await writeFile(entry, '{"apiVersion":"0.0.1","kind":"acme","spec":{}}');
    const unknown = await test.run('upload', '--dry-run', '--entry', entry);
    expect({ code: unknown.code, out: unknown.out }).toEqual({ code: exitCodes.failed, out: '' });
    expect(unknown.err).toContain('ERR_ENTRY_KIND_UNKNOWN');
    const [, artifact = '', , signature = '', , key = ''] = await test.signed();
    const url = `${test.log.url}/x`;
    for (const flags of [
      ['--entry', url],
      ['--artifact', url, '--signature', signature, '--public-key', key],
      ['--artifact', artifact, '--signature', url, '--public-key', key],
      ['--artifact', artifact, '--signature', signature, '--public-key', key, '--public-key', url],
    ]) {
      const { code, err } = await test.run('upload', '--dry-run', ...flags);
      expect(code).toBe(exitCodes.usage);
      expect(err).toContain(`--dry-run uses no network: download ${url} first`);
    }
    expect(test.log.requests).toEqual([]);
  });

  it('take a whole entry as JSON and YAML, from a file, standard input and an address', async () => {
    const flags = await test.signed();
    await test.ok('upload', ...flags);
    const canonical = Buffer.from(test.log.leaves[0] ?? []).toString();
    const uuid = test.log.entryId(0).slice(16);
    const { apiVersion, kind, spec } = JSON.parse(canonical);
    const yaml =
      `# an entry\nkind: ${kind}\napiVersion: ${apiVersion}\nspec:\n  data: ${JSON.stringify(spec.data)}\n` +
      `  signature:\n    content: ${spec.signature.content}\n    publicKey: {content: ${spec.signature.publicKey.content}}\n`;
    for (const [name, text] of Object.entries({ json: canonical, yaml })) {
      const file = join(test.home, `entry.${name}`);
      await writeFile(file, text);
      expect(await test.ok('upload', '--dry-run', '--entry', file)).toContain(`UUID: ${uuid}\n`);
      expect(await test.ok('upload', '--entry', file)).toMatch(/^Entry already exists/);
      expect(await test.ok('verify', '--entry', file)).toContain('it is the given entry.\n');
      const stdin = (async function* () {
        yield await readFile(file);
      })();
      const piped = await runIn(test.home, ['upload', '--dry-run', '--entry', '-'], { stdin });
      expect(piped.out).toContain(`UUID: ${uuid}\n`);
      const server = await serve((_, response) => void response.end(text));
      expect(await test.ok('verify', '--entry', `${server.url}/entry`)).toContain('at index 0;');
      await server.close();
    }
  });

  it('refuse before anything is sent what does not hold together', async () => {
    const flags = await test.signed();
    await writeFile(join(test.home, 'artifact'), 'changed');
    const { code, err } = await test.run('upload', ...flags);
    expect(code).toBe(exitCodes.failed);
    expect(err).toContain('ERR_SIGNATURE_INVALID');
    expect(test.log.requests).toEqual([]);
  });

  it('notice that the log wrote something else', async () => {
    const flags = await test.signed();
    test.log.grow(1);
    const other = JSON.stringify(await test.log.entry(0));
    const headers = { 'content-type': 'application/json', location: `/api/v1/log/entries/${test.log.entryId(0)}` };
    test.log.intercept = (request, response) => {
      if (request.method !== 'POST') return false;
      const found = request.url?.endsWith('retrieve');
      response.writeHead(found ? 200 : 201, headers).end(found ? `[${other}]` : other);
      return true;
    };
    for (const command of ['upload', 'verify']) {
      const { code, out, err } = await test.run(command, ...flags);
      expect({ code, out }).toEqual({ code: exitCodes.failed, out: '' });
      expect(err).toContain('ERR_ENTRY_MISMATCH');
    }
  });

  it('tell that nothing was found, and refuse more than one', async () => {
    const flags = await test.signed();
    expect((await test.run('verify', ...flags)).err).toContain('entry in log cannot be located (ERR_ENTRY_NOT_FOUND)');
    test.log.grow(2);
    const two = JSON.stringify([await test.log.entry(0), await test.log.entry(1)]);
    test.log.intercept = (request, response) => {
      if (request.method !== 'POST') return false;
      response.writeHead(200, { 'content-type': 'application/json' }).end(two);
      return true;
    };
    expect((await test.run('verify', '--log-index', '0')).err).toContain('ERR_ENTRY_MISMATCH');
  });

  it('refuse a proof for another entry than the one named', async () => {
    test.log.grow(2);
    const other = JSON.stringify([await test.log.entry(1)]);
    test.log.intercept = (request, response) => {
      if (request.method !== 'POST') return false;
      response.writeHead(200, { 'content-type': 'application/json' }).end(other);
      return true;
    };
    for (const which of [
      ['--log-index', '0'],
      ['--uuid', test.log.entryId(0)],
    ]) {
      expect((await test.run('verify', ...which)).err).toContain('ERR_ENTRY_MISMATCH');
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
    test.log.grow(2);
    expect((await test.run(command, ...flags)).code).toBe(exitCodes.usage);
  });
});
