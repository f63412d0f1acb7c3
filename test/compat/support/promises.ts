import { type PublicKey, parsePublicKey, verify } from '@countersign/crypto';
import { canonicalJson, fromBase64, fromHex, toHex } from '@countersign/encoding';
import { leafHash, openCheckpointV1, verifyConsistency, verifyInclusion } from '@countersign/merkle';
import { type Entry, readEntry } from './entries.ts';

/**
 * Everything that a log has promised to a client: the entries it acknowledged and the checkpoints it handed out. It can
 * be held against the log as it is now, by nothing but what the log serves.
 */
export class Promises {
  readonly entries: Entry[] = [];
  private readonly rootBySize = new Map<number, string>();
  /** Sizes of the checkpoints that no consistency proof has been asked for. */
  private readonly unproven = new Set<number>();

  private constructor(private readonly publicKey: PublicKey) {}

  /** Starts with nothing, and with the key that the log names now. */
  static async by(url: string): Promise<Promises> {
    return new Promises(parsePublicKey(await (await fetch(`${url}/api/v1/log/publicKey`)).text()));
  }

  /** Notes an acknowledged entry and the checkpoint that came with it. */
  note(entry: Entry): void {
    this.entries.push(entry);
    this.noteCheckpoint(entry.proof.checkpoint);
  }

  /** Notes a checkpoint; refuses a second root for one size. */
  noteCheckpoint(text: string): void {
    const { size, root } = openCheckpointV1(text, this.publicKey, verify);
    const known = this.rootBySize.get(size);
    if (known !== undefined && known !== toHex(root)) throw new Error(`two checkpoints of size ${size} disagree`);
    if (known === undefined) this.unproven.add(size);
    this.rootBySize.set(size, toHex(root));
  }

  /** The log serves these entries unchanged, each with a proof, a checkpoint and a timestamp signature that hold. */
  async checkEntries(url: string, entries: readonly Entry[]): Promise<void> {
    const queue = entries.values();
    const worker = async () => {
      for (const entry of queue) await this.checkEntry(url, entry);
    };
    await Promise.all(Array.from({ length: 8 }, worker));
  }

  /**
   * The tree as it is now extends every checkpoint that was handed out since the last call, and the tree that there was
   * then: after a row of calls, each checkpoint is a prefix of all that came after it.
   */
  async checkNewCheckpoints(url: string): Promise<void> {
    const sizes = [...this.unproven];
    this.unproven.clear();
    this.unproven.add(await this.checkSizes(url, sizes));
  }

  /** The tree as it is now extends every checkpoint that was ever handed out. */
  async checkCheckpoints(url: string): Promise<void> {
    await this.checkSizes(url, this.rootBySize.keys());
  }

  /** Gives the size of the tree as it is now. */
  private async checkSizes(url: string, sizes: Iterable<number>): Promise<number> {
    const { signedTreeHead } = (await (await fetch(`${url}/api/v1/log`)).json()) as { signedTreeHead: string };
    const now = openCheckpointV1(signedTreeHead, this.publicKey, verify);
    for (const size of sizes) {
      if (size === 0) continue;
      const response = await fetch(`${url}/api/v1/log/proof?firstSize=${size}&lastSize=${now.size}`);
      if (response.status !== 200) throw new Error(`no proof from ${size} to ${now.size}: ${await response.text()}`);
      const { hashes } = (await response.json()) as { hashes: string[] };
      const roots = { firstRoot: fromHex(this.rootBySize.get(size) ?? ''), secondRoot: now.root };
      verifyConsistency({ first: size, second: now.size, ...roots, hashes: hashes.map(fromHex) });
    }
    this.noteCheckpoint(signedTreeHead);
    return now.size;
  }

  private async checkEntry(url: string, entry: Entry): Promise<void> {
    const response = await fetch(`${url}/api/v1/log/entries/${entry.id}`);
    if (response.status !== 200) throw new Error(`acknowledged entry ${entry.id} is lost: ${response.status}`);
    const served = readEntry(await response.json());
    const { id, body, integratedTime, logID, logIndex } = entry;
    expect(served).toMatchObject({ id, body, integratedTime, logID, logIndex });

    const leaf = leafHash(fromBase64(served.body));
    expect(toHex(leaf)).toBe(id.slice(16));
    const { checkpoint, hashes, logIndex: index, rootHash, treeSize: size } = served.proof;
    verifyInclusion({ leafHash: leaf, index, size, hashes: hashes.map(fromHex), root: fromHex(rootHash) });
    const opened = openCheckpointV1(checkpoint, this.publicKey, verify);
    expect({ size: opened.size, root: toHex(opened.root) }).toEqual({ size, root: rootHash });

    const message = canonicalJson({ body, integratedTime, logID, logIndex });
    expect(verify(this.publicKey, { message }, fromBase64(served.signedEntryTimestamp))).toBe(true);
  }
}
