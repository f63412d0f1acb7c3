import { exitCodes } from '../exit-code.ts';
import { treeId, useLog } from '../testing/use-log.ts';

const test = useLog();

describe('get', () => {
  beforeEach(() => test.log.grow(3));

  it('shows an entry as text, JSON and protobuf JSON', async () => {
    const json = await test.ok('get', '--log-index', '1', '--format', 'json');
    const logId = JSON.parse(json).LogID;
    expect((await test.ok('get', '--log-index', '1')).replace(logId, 'LOGID')).toMatchInlineSnapshot(`
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
    const tle = JSON.parse(await test.ok('get', '--log-index', '0', '--format', 'tle'));
    expect(tle).toMatchObject({
      logIndex: '0',
      kindVersion: { kind: 'test', version: '0.0.1' },
      integratedTime: '1700000000',
      inclusionProof: { logIndex: '0', treeSize: '3', checkpoint: { envelope: expect.stringContaining('log.test') } },
      canonicalizedBody: Buffer.from('{"apiVersion":"0.0.1","kind":"test","spec":{"number":0}}').toString('base64'),
    });
  });

  it('finds an entry by UUID and by entry id', async () => {
    const text = await test.ok('get', '--log-index', '2');
    expect(await test.ok('get', '--uuid', test.log.entryId(2))).toBe(text);
    expect(await test.ok('get', '--uuid', test.log.entryId(2).slice(16).toUpperCase())).toBe(text);
  });

  it('shows an attestation, which cannot drive the terminal', async () => {
    const [entry = {}] = Object.values(await test.log.entry(1));
    const attestation = { data: Buffer.from('\u001b[2Jdata\n\xff', 'latin1').toString('base64') };
    test.log.intercept = (request, response) => {
      if (!request.url?.includes('logIndex')) return false;
      const body = { [test.log.entryId(1)]: { ...(entry as object), attestation } };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      return true;
    };
    expect(await test.ok('get', '--log-index', '1')).toContain('\nAttestation: \\u{1b}[2Jdata\n\ufffd\nIndex: 1\n');
    const json = JSON.parse(await test.ok('get', '--log-index', '1', '--format', 'json'));
    expect(json.Attestation).toBe('\u001b[2Jdata\n\ufffd');
  });

  it('tells that there is none', async () => {
    for (const which of [
      ['--log-index', '3'],
      ['--uuid', 'ab'.repeat(32)],
    ]) {
      const { code, err } = await test.run('get', ...which);
      expect(code).toBe(exitCodes.failed);
      expect(err).toContain('ERR_ENTRY_NOT_FOUND');
    }
  });

  it('shows nothing that does not verify', async () => {
    const entry = JSON.stringify(await test.log.entry(1)).replace(
      '"integratedTime":1700000001',
      '"integratedTime":1700000002',
    );
    test.log.intercept = (request, response) => {
      if (!request.url?.includes('logIndex')) return false;
      response.writeHead(200, { 'content-type': 'application/json' }).end(entry);
      return true;
    };
    const { code, out, err } = await test.run('get', '--log-index', '1');
    expect({ code, out }).toEqual({ code: exitCodes.failed, out: '' });
    expect(err).toContain('ERR_SIGNATURE_INVALID');
  });

  it.each([
    [[]],
    [['--uuid', 'ab'.repeat(32), '--log-index', '1']],
    [['--log-index', '-1']],
    [['--uuid', 'ab']],
  ])('is used wrongly with %p', async (flags) => expect((await test.run('get', ...flags)).code).toBe(exitCodes.usage));
});

describe('logproof', () => {
  beforeEach(() => test.log.grow(7));

  it('shows a proof as text and as JSON', async () => {
    expect(await test.ok('logproof', '--first-size', '3', '--last-size', '7')).toMatchInlineSnapshot(`
"Current Root Hash: 69be8677b63f0b58d6cd382304a21587a04b9bcb6864eec7001e14258ccf80a0
Hashes: [7ac159173fc465f0eaf559cc69b07feaff3cf27f73d8bfc634f73d4f801df2b2,c0a603546a38542db161ea1a474e9474a7b2f943b97a5d2d238f7c70f2d2f236,2ca20345b0a03479b2919bfaef3ea73529c1e439e01f613976e42bf6420e584b,3fbdda2c44ec0036d2f41ba92341d41da1b42e14d50cc75afe8aae08e9e5fe5b]
"
`);
    expect(
      await test.ok('logproof', '--last-size', '7', '--tree-id', treeId, '--format', 'json'),
    ).toMatchInlineSnapshot(`
"{"RootHash":"69be8677b63f0b58d6cd382304a21587a04b9bcb6864eec7001e14258ccf80a0","Hashes":["4fd4d86954dcdb53f6d9db03b9fb8658c711bfb79c368bdf36b9eba355c922ff","23c4ac97cc8676f9df92bc058912bf9e68b60cfd58a32680e8a0ab17544ee757","3fbdda2c44ec0036d2f41ba92341d41da1b42e14d50cc75afe8aae08e9e5fe5b"]}
"
`);
    expect(test.log.requests.at(-1)).toBe(`GET /api/v1/log/proof?firstSize=1&lastSize=7&treeID=${treeId}`);
  });

  it('passes on that the log refused', async () => {
    const { code, err } = await test.run('logproof', '--last-size', '8');
    expect(code).toBe(exitCodes.failed);
    expect(err).toContain('answered 400: no such proof (ERR_SERVER_REFUSED)');
  });

  it.each([
    [[]],
    [['--last-size', '0']],
    [['--first-size', '0', '--last-size', '1']],
    [['--first-size', '2', '--last-size', '1']],
  ])('is used wrongly with %p', async (flags) =>
    expect((await test.run('logproof', ...flags)).code).toBe(exitCodes.usage));
});
