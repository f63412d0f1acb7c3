import { createPublicKey, verify } from 'node:crypto';
import { canonicalJson, fromBase64, fromHex, toHex } from '@countersign/encoding';
import { leafHash, parseCheckpoint, parseNote, verifyInclusion } from '@countersign/merkle';
import { ask } from './http.ts';

/** An entry as the API gives it, with its ID. */
export interface Entry {
  readonly id: string;
  readonly body: string;
  readonly integratedTime: number;
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: {
    readonly signedEntryTimestamp: string;
    readonly inclusionProof: {
      readonly checkpoint: string;
      readonly hashes: readonly string[];
      readonly logIndex: number;
      readonly rootHash: string;
      readonly treeSize: number;
    };
  };
}

/** Takes the one member of a `LogEntry`. */
export function entryOf(json: unknown): Entry {
  const members = Object.entries(json as Record<string, Omit<Entry, 'id'>>);
  expect(members).toHaveLength(1);
  const [[id, fields] = ['', {} as Omit<Entry, 'id'>]] = members;
  return { id, ...fields };
}

/** The log's key, PEM. */
export async function logKey(server: string): Promise<string> {
  return (await ask(server, '/api/v1/log/publicKey')).text;
}

/** Checks everything an entry promises, from the bytes up: ID, proof, root, checkpoint and SET belong together. */
export function checkEntry(entry: Entry, keyPem: string): void {
  const { inclusionProof: proof, signedEntryTimestamp } = entry.verification;
  const leaf = leafHash(fromBase64(entry.body));
  expect(toHex(leaf)).toBe(entry.id.slice(16));
  const root = fromHex(proof.rootHash);
  verifyInclusion({
    leafHash: leaf,
    index: proof.logIndex,
    size: proof.treeSize,
    hashes: proof.hashes.map(fromHex),
    root,
  });

  const note = parseNote(proof.checkpoint);
  const checkpoint = parseCheckpoint(note.text);
  expect({ root: toHex(checkpoint.root), size: checkpoint.size }).toEqual({
    root: proof.rootHash,
    size: proof.treeSize,
  });
  const key = createPublicKey(keyPem);
  expect(note.signatures).toHaveLength(1);
  for (const { signature } of note.signatures) {
    expect(verify('sha256', Buffer.from(note.text), key, signature)).toBe(true);
  }

  const { body, integratedTime, logID, logIndex } = entry;
  const payload = canonicalJson({ body, integratedTime, logID, logIndex });
  expect(verify('sha256', payload, key, fromBase64(signedEntryTimestamp))).toBe(true);
}
