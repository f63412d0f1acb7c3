import type { LogClient } from './log-client.ts';

/** Uploads with a client what the log does not have; gives the entry's id, 80 hex digits. */
export async function upload(client: LogClient, flags: readonly string[]): Promise<string> {
  const created = await client.text('upload', ...flags);
  const [, id] = /^Created entry at index \d+, available at: \S+\/([0-9a-f]{80})\n/.exec(created) ?? [];
  if (id === undefined) throw new Error(`${client.name} upload ${flags.join(' ')}: ${created}`);
  return id;
}

/** What is expected of an entry beside its id. */
export interface Expected {
  /** What `get` shows of the body, under the name that rekor-cli gives to the kind. */
  readonly body: object;
  /** Flags of searches that find the entry, each by itself. */
  readonly foundBy: readonly (readonly string[])[];
  /** Further flags that a client needs to verify what it uploaded without them. */
  readonly toVerify?: (client: LogClient) => readonly string[];
}

/**
 * The first client uploads; then each of them finds the same entry when it uploads, verifies it, gets it by ID and by
 * index, searches it, and sees the log as consistent. So what one writes is the other's, byte for byte. Gives the
 * entry's id.
 */
export async function roundTrip(
  [writer, ...others]: readonly [LogClient, ...LogClient[]],
  flags: readonly string[],
  { body, foundBy, toVerify = () => [] }: Expected,
): Promise<string> {
  const id = await upload(writer, flags);
  for (const client of [writer, ...others]) {
    const again = await client.text('upload', ...flags);
    expect(again).toMatch(new RegExp(`^Entry already exists; available at: \\S+/${id}\n`));
    expect(await client.text('verify', ...flags, ...toVerify(client))).toContain(`Entry Hash: ${id.slice(16)}`);
    const entry = await client.json('get', '--uuid', id);
    expect(entry).toMatchObject({ UUID: id, Body: body });
    expect(await client.json('get', '--log-index', `${entry.LogIndex}`)).toEqual(entry);
    const found = await Promise.all(foundBy.map((flags) => client.json('search', ...flags)));
    expect([client.name, found]).toEqual([client.name, foundBy.map(() => ({ UUIDs: expect.arrayContaining([id]) }))]);
    expect(await client.text('loginfo')).toContain('Verification Successful!');
  }
  return id;
}
