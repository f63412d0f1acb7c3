import { join } from 'node:path';
import { describeWithClients, pythonPackage } from './support/clients.ts';

const pythonTuf = pythonPackage('python-tuf');
/** A tool that is not there counts as skipped. */
const itWithTuf = pythonTuf !== undefined ? itWithTools('python3') : it.skip;

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

import { roundTrip } from './support/round-trip.ts';
import { runOk } from './support/run.ts';
import { shareLog } from './support/shared-log.ts';
import { itWithTools } from './support/tools.ts';

describeWithClients('tuf', () => {
  const log = shareLog();

  for (const [role, keys, threshold] of [
    ['targets', 'ed25519', 1],
    ['timestamp', 'ecdsa', 1],
    ['snapshot', 'rsa', 1],
    ['root', 'ed25519,ecdsa,rsa', 2],
  ] as const) {
    itWithTuf(`${role} by ${threshold} of ${keys}: uploads, finds and verifies`, async () => {
      const folder = log.newFolder();
      await makeRepository(folder, { keys, threshold });
      const [artifact, root] = [join(folder, `${role}.json`), join(folder, 'root.json')];
      const key = ['--pki-format', 'tuf', '--public-key', root];
      await roundTrip(log.both, ['--type', 'tuf', '--artifact', artifact, ...key], {
        body: { TufObj: { metadata: { content: expect.any(String) } } },
        // Upstream's index has the metadata by its bare digest, for which no client asks.
        foundBy: [key],
      });
    });
  }
});
