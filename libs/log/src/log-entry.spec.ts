import { canonicalJson } from '@countersign/encoding';
import { virtualIndex } from './indexes.ts';
import { type LogEntry, logEntryJson, setPayload } from './log-entry.ts';

const entry: LogEntry = {
  id: `${'0'.repeat(15)}1${'ab'.repeat(32)}`,
  body: 'eyJhIjoiYiIsfQ+/==',
  integratedTime: 1_700_000_000,
  logId: 'cd'.repeat(32),
  logIndex: virtualIndex(2 ** 40),
  inclusionProof: {
    checkpoint: 'host - 1\n7\nAAAA\n\n— host AAAA\n',
    hashes: ['01'.repeat(32), '02'.repeat(32)],
    logIndex: 3,
    rootHash: 'ef'.repeat(32),
    treeSize: 7,
  },
  signedEntryTimestamp: 'MEUCIQ==',
};

describe('setPayload', () => {
  it('is canonical JSON of what the SET covers, and nothing more', () => {
    const { body, integratedTime, logId, logIndex } = entry;
    const canonical = canonicalJson({ body, integratedTime, logID: logId, logIndex });
    expect(setPayload(entry)).toBe(Buffer.from(canonical).toString());
  });
});

describe('logEntryJson', () => {
  it('is the API form', () => {
    expect(JSON.parse(logEntryJson(entry))).toEqual({
      [entry.id]: {
        body: entry.body,
        integratedTime: 1_700_000_000,
        logID: entry.logId,
        logIndex: 2 ** 40,
        verification: {
          inclusionProof: entry.inclusionProof,
          signedEntryTimestamp: entry.signedEntryTimestamp,
        },
      },
    });
  });

  it('has a list of hashes also when there are none, as in a tree of one leaf', () => {
    const alone = { ...entry, inclusionProof: { ...entry.inclusionProof, hashes: [] } };
    expect(logEntryJson(alone)).toContain('"hashes":[],');
  });
});
