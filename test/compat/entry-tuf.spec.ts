import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients, pythonPackage } from './support/clients.ts';
import { countersignCli, type LogClient, rekorCli } from './support/log-client.ts';
import { type LogUnderTest, startLog, temporaryFolder } from './support/log-under-test.ts';
import { runOk } from './support/run.ts';

const pythonTuf = pythonPackage('python-tuf');
/** A tool that is not there counts as skipped. */
const itWithTuf = pythonTuf !== undefined && spawnSync('sh', ['-c', 'command -v python3']).status === 0 ? it : it.skip;

/** A repository of python-tuf: keys of these kinds, so many of which have to sign; every role's file. */
async function makeRepository(folder: string, { keys, threshold }: { keys: string; threshold: number }) {
  await runOk('python3', ['-c', program, folder, keys, `${threshold}`], {
    env: { PYTHONPATH: pythonTuf ?? '', PATH: process.env.PATH ?? '' },
  });
}
const program = `
import sys
from datetime import datetime, timedelta, timezone
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp
folder, keys, threshold = sys.argv[1], sys.argv[2].split(','), int(sys.argv[3])
expires = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=2)
signers = [getattr(CryptoSigner, 'generate_' + key)() for key in keys]
root = Root(expires=expires)
for signer in signers:
    for role in ('root', 'targets', 'snapshot', 'timestamp'):
        root.add_key(signer.public_key, role)
for role in root.roles.values():
    role.threshold = threshold
for signed in (root, Targets(expires=expires), Snapshot(expires=expires), Timestamp(expires=expires)):
    metadata = Metadata(signed)
    for signer in signers:
        metadata.sign(signer, append=True)
    metadata.to_file(f'{folder}/{signed.type}.json')
`;

describeWithClients('tuf', () => {
  const homes = [temporaryFolder(), temporaryFolder()] as const;
  const folders: string[] = [...homes];
  let log: LogUnderTest;
  let upstream: LogClient;
  let own: LogClient;

  beforeAll(async () => {
    log = await startLog();
    upstream = rekorCli(log.url, homes[0]);
    own = countersignCli(log.url, homes[1]);
  });

  afterAll(async () => {
    await log?.close();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  for (const [role, keys, threshold] of [
    ['targets', 'ed25519', 1],
    ['timestamp', 'ecdsa', 1],
    ['snapshot', 'rsa', 1],
    ['root', 'ed25519,ecdsa,rsa', 2],
  ] as const) {
    itWithTuf(`${role} by ${threshold} of ${keys}: uploads, finds and verifies`, async () => {
      const folder = temporaryFolder();
      folders.push(folder);
      await makeRepository(folder, { keys, threshold });
      const [artifact, root] = [join(folder, `${role}.json`), join(folder, 'root.json')];
      const flags = ['--type', 'tuf', '--pki-format', 'tuf', '--artifact', artifact, '--public-key', root];

      const created = await upstream.text('upload', ...flags);
      const [, id] = /^Created entry at index \d+, available at: \S+\/([0-9a-f]{80})\n/.exec(created) ?? [];
      expect(id).toBeDefined();
      for (const client of [upstream, own]) {
        expect(await client.text('upload', ...flags)).toMatch(
          new RegExp(`^Entry already exists; available at: \\S+/${id}\n`),
        );
        expect(await client.text('verify', ...flags)).toContain(`Entry Hash: ${id?.slice(16)}`);
        const { Body } = await client.json('get', '--uuid', id ?? '');
        expect(Body.TufObj.metadata.content).toEqual(expect.any(String));
        const found = await client.json('search', '--pki-format', 'tuf', '--public-key', root);
        expect(found.UUIDs).toContain(id);
        expect(await client.text('loginfo')).toContain('Verification Successful!');
      }
    });
  }
});
