import { checkEntry, type Entry, entryOf, logKey } from './support/entry.ts';
import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { propose } from './support/proposal.ts';

const entries = '/api/v1/log/entries';
const folder = temporaryFolder();
let node: NodeProcess;

beforeAll(async () => {
  node = await NodeProcess.start({ data: `${folder.path()}/data`, logging: { level: 'error' } });
});
afterAll(() => node.stop());

it('makes one entry of fifty equal uploads at once', async () => {
  const proposal = propose('everybody has this');
  const answers = await Promise.all(Array.from({ length: 50 }, () => post(node.url, entries, proposal)));
  const made = answers.filter(({ status }) => status === 201);
  const refused = answers.filter(({ status }) => status === 409);
  expect([made.length, refused.length]).toEqual([1, 49]);
  const [first] = made;
  for (const { headers } of refused) expect(headers.location).toBe(first?.headers.location);
  expect((await ask(node.url, '/api/v1/log')).json).toMatchObject({ treeSize: 2 });
});

it('never shows a proof, root and checkpoint that disagree to fifty readers beside fifty writers', async () => {
  const key = await logKey(node.url);
  const seen: Entry[] = [];
  let writing = true;
  const write = async (writer: number): Promise<void> => {
    for (let count = 0; count < 8; count++) {
      const answer = await post(node.url, entries, propose(`writer ${writer} artifact ${count}`));
      expect(answer.status).toBe(201);
      seen.push(entryOf(answer.json));
    }
  };
  const read = async (reader: number): Promise<void> => {
    for (let count = 0; writing || count < 5; count++) {
      const known = seen[(reader * 31 + count * 17) % Math.max(1, seen.length)];
      const target = known === undefined ? '?logIndex=0' : `/${known.id}`;
      const entry = entryOf((await ask(node.url, entries + target)).json);
      checkEntry(entry, key);
      // What was promised at the upload is what is served now.
      if (known !== undefined) {
        expect([entry.integratedTime, entry.logIndex, entry.body]).toEqual([
          known.integratedTime,
          known.logIndex,
          known.body,
        ]);
      }
    }
  };
  const writers = Promise.all(Array.from({ length: 50 }, (_, writer) => write(writer))).finally(() => {
    writing = false;
  });
  await Promise.all([writers, ...Array.from({ length: 50 }, (_, reader) => read(reader))]);
  for (const entry of seen) checkEntry(entry, key);
  expect(new Set(seen.map((entry) => entry.logIndex)).size).toBe(400);
});
