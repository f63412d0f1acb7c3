import { linesOf, readArmor } from './armor.ts';
import { type Entity, readKeyring } from './keyring.ts';
import { readPackets } from './packets.ts';
import { Problem } from './problem.ts';

const armored = '-----BEGIN PGP';

/** Reads a key file: binary, or armored blocks one after the other, with text between them that means nothing. */
export function readKeyFile(file: Uint8Array): Entity[] {
  if (file.length < armored.length) throw new Problem('fatal', 'unexpected EOF');
  const lines = linesOf(file);
  if (!lines[0]?.startsWith(armored)) return readKeyring(readPackets(file));
  const entities: Entity[] = [];
  for (let block = readArmor(lines); block !== undefined; block = readArmor(block.after)) {
    if (block.label !== 'PGP PUBLIC KEY BLOCK') throw new Problem('fatal', `a block of type ${block.label}`);
    entities.push(...readKeyring(readPackets(block.bytes)));
  }
  if (entities.length === 0) throw new Problem('fatal', 'no PGP public keys could be read');
  return entities;
}
