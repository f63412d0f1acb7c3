import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientProgram, describeWithClients } from './support/clients.ts';
import { type LogUnderTest, startLog, temporaryFolder } from './support/log-under-test.ts';
import { keyTypes, makeSigner } from './support/material.ts';
import { cleanEnvironment, run, runOk } from './support/run.ts';

const START = 'start-time=2024-01-01T00:00:00Z';

describeWithClients('cosign with its own key, logged here alone', () => {
  const folder = temporaryFolder();
  const path = (name: string) => join(folder, name);
  const options = { env: cleanEnvironment(folder), cwd: folder };
  const cosign = (...args: string[]) => runOk(clientProgram('cosign'), args, options);
  const trust = ['--trusted-root', 'trusted-root.json'];
  let log: LogUnderTest;

  beforeAll(async () => {
    log = await startLog();
    const publicKey = await (await fetch(`${log.url}/api/v1/log/publicKey`)).text();
    writeFileSync(path('log.pub'), publicKey);
    writeFileSync(path('artifact'), randomBytes(1000));
    const service = `url=${log.url},api-version=1,${START},operator=example.com`;
    await cosign(
      'signing-config',
      'create',
      '--rekor',
      service,
      '--rekor-config',
      'ANY',
      '--out',
      'signing-config.json',
    );
    const instance = `url=${log.url},public-key=log.pub,${START}`;
    await cosign('trusted-root', 'create', '--rekor', instance, '--out', 'trusted-root.json');

    for (const keyType of keyTypes) {
      const { privateKey } = await makeSigner(folder, keyType);
      await cosign('import-key-pair', '--key', privateKey, '--output-key-prefix', keyType);
      const out = ['--bundle', `${keyType}.json`];
      const config = ['--signing-config', 'signing-config.json', ...trust];
      await cosign('sign-blob', '--yes', '--key', `${keyType}.key`, ...config, ...out, 'artifact');
    }
    await log.close();
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('leaves no log to ask', async () => {
    await expect(fetch(log.url)).rejects.toThrow('fetch failed');
  });

  it.each(keyTypes)('makes a bundle with %s that verify-blob accepts, and for this artifact only', async (keyType) => {
    const check = (artifact: string) =>
      run(
        clientProgram('cosign'),
        ['verify-blob', '--key', `${keyType}.pub`, ...trust, '--bundle', `${keyType}.json`, artifact],
        options,
      );
    const accepted = await check('artifact');
    expect(accepted.stderr).toContain('Verified OK');
    expect(accepted.code).toBe(0);
    writeFileSync(path('other'), 'other');
    expect((await check('other')).code).not.toBe(0);
  });

  // The example program takes no key but an ECDSA one.
  it("makes a bundle with ecdsa-p256 that sigstore-go's verifier accepts", async () => {
    const flags = ['-trustedrootJSONpath', 'trusted-root.json', '-publicKey', 'ecdsa-p256.pub', '-requireCTlog=false'];
    const args = [...flags, '-artifact', 'artifact', 'ecdsa-p256.json'];
    const result = JSON.parse(await runOk(clientProgram('sigstore-go-verification'), args, options));
    expect(result.verifiedTimestamps).toEqual([expect.objectContaining({ type: 'Tlog', uri: log.url })]);
  });
});
