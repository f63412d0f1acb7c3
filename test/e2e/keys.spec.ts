import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { ask } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';

const folder = temporaryFolder();

function keyFileOf(data: string): string {
  const [name = ''] = readdirSync(`${data}/keys`);
  return readFileSync(`${data}/keys/${name}`, 'utf8');
}

it('encrypts its keys with the first line of a file, and starts with no other', async () => {
  const data = `${folder.path()}/encrypted`;
  const passphraseFile = `${folder.path()}/passphrase`;
  await writeFile(passphraseFile, 'correct horse\nnot this\n');
  const first = await NodeProcess.start({ data, keys: { passphraseFile } });
  const { text: publicKey } = await ask(first.url, '/api/v1/log/publicKey');
  await first.stop();
  expect(keyFileOf(data)).toContain('BEGIN ENCRYPTED PRIVATE KEY');

  await expect(NodeProcess.start({ data })).rejects.toMatchObject({
    code: 'ERR_SIGNER',
    message: expect.stringContaining('is encrypted, and no passphrase was given'),
  });
  await writeFile(passphraseFile, 'correct donkey\n');
  await expect(NodeProcess.start({ data, keys: { passphraseFile } })).rejects.toMatchObject({ code: 'ERR_SIGNER' });
  await writeFile(passphraseFile, 'correct horse\r\n');
  const again = await NodeProcess.start({ data, keys: { passphraseFile } });
  expect((await ask(again.url, '/api/v1/log/publicKey')).text).toBe(publicKey);
  await again.stop();
});

it('says which passphrase file it cannot read', async () => {
  const passphraseFile = `${folder.path()}/none`;
  await expect(
    NodeProcess.start({ data: `${folder.path()}/none-data`, keys: { passphraseFile } }),
  ).rejects.toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message: expect.stringContaining(`keys.passphraseFile: ENOENT`),
  });
});
