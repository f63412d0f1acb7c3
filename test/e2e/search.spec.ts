import { copyFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { rebuildSearchIndex } from '@countersign/node';
import { entryOf } from './support/entry.ts';
import { type Answer, ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { type Proposal, propose, type Spec } from './support/proposal.ts';

const entries = '/api/v1/log/entries';
const folder = temporaryFolder();
const quiet = { logging: { level: 'warn' } };

interface Found {
  readonly entries: readonly {
    readonly uuid: string;
    readonly logIndex: number;
    readonly integratedTime: number;
    readonly display: unknown;
  }[];
  readonly next: number | null;
  readonly indexedTo: number;
  readonly treeSize: number;
}

const digestOf = ({ spec }: { readonly spec: Spec }): string => `sha256:${spec.data.hash.value}`;
const keyOf = ({ spec }: { readonly spec: Spec }) => ({ format: 'x509', content: spec.signature.publicKey.content });

async function upload(node: NodeProcess, proposal: Proposal): Promise<string> {
  const answer = await post(node.url, entries, proposal);
  expect(answer.status).toBe(201);
  return entryOf(answer.json).id;
}

async function retrieve(node: NodeProcess, query: unknown): Promise<unknown> {
  const { status, json } = await post(node.url, '/api/v1/index/retrieve', query);
  expect(status).toBe(200);
  return json;
}

const search = (node: NodeProcess, query: string): Promise<Answer> => ask(node.url, `/api/v1/index/search?${query}`);
const searched = async (node: NodeProcess, query: string): Promise<Found> => (await search(node, query)).json as Found;

describe('a running node', () => {
  let node: NodeProcess;
  beforeAll(async () => {
    node = await NodeProcess.start({ data: `${folder.path()}/running`, ...quiet });
  });
  afterAll(() => node.stop());

  it('finds an upload as soon as it is answered, however many there are at once', async () => {
    await Promise.all(
      Array.from({ length: 8 }, async (_, client) => {
        for (let count = 0; count < 10; count += 1) {
          const proposal = propose(`at once ${client} ${count}`);
          const id = await upload(node, proposal);
          expect(await retrieve(node, { hash: digestOf(proposal) })).toEqual([id]);
          const found = await searched(node, `key=${digestOf(proposal)}`);
          expect(found.entries.map(({ uuid }) => uuid)).toEqual([id]);
          expect(found.indexedTo).toBe(found.treeSize);
        }
      }),
    );
  });

  it('finds by the key, whatever else is said of it, and by all of several criteria', async () => {
    const [one, two] = [propose('criteria 1'), propose('criteria 2')];
    const ids = [await upload(node, one), await upload(node, two)];
    const publicKey = { ...keyOf(one), url: 'http://127.0.0.1:1/' };
    expect(await retrieve(node, { publicKey })).toEqual(expect.arrayContaining(ids));
    expect(await retrieve(node, { publicKey, hash: digestOf(one).toUpperCase().slice(7), operator: 'and' })).toEqual([
      ids[0],
    ]);
    expect(await retrieve(node, { hash: digestOf(one), subject: 'nobody', operator: 'and' })).toEqual([]);
    expect(await retrieve(node, { hash: digestOf(one), subject: digestOf(two) })).toEqual([ids[1], ids[0]]);
  });

  it('shows what each entry says of itself', async () => {
    const proposal = propose('shown');
    await upload(node, proposal);
    const { entries: found } = await searched(node, `key=${digestOf(proposal)}`);
    expect(found.map(({ display }) => display)).toEqual([
      { kind: 'hashedrekord', title: 'Signed artifact', digest: digestOf(proposal) },
    ]);
  });

  it('pages, newest first, each with its place and time', async () => {
    const { treeSize } = await searched(node, 'key=x');
    const all: Found['entries'][number][] = [];
    let next: number | null = treeSize;
    while (next !== null) {
      const page: Found = await searched(node, `prefix=SHA256:&limit=7&before=${next}`);
      all.push(...page.entries);
      expect(page.next).toBe(page.entries.length === 7 && page.next !== null ? page.entries[6]?.logIndex : null);
      next = page.next;
    }
    expect(all.map(({ logIndex }) => logIndex)).toEqual([...Array(treeSize).keys()].reverse());
    for (const { uuid, logIndex, integratedTime } of all.slice(0, 3)) {
      const entry = entryOf((await ask(node.url, `${entries}?logIndex=${logIndex}`)).json);
      expect(entry).toMatchObject({ id: uuid, logIndex, integratedTime });
    }
    expect((await searched(node, 'prefix=sha256:&limit=1000')).entries).toEqual(all);
    expect((await searched(node, 'prefix=sha256:')).entries).toHaveLength(Math.min(100, treeSize));
    expect(await searched(node, 'prefix=sha256:&before=0')).toMatchObject({ entries: [], next: null });
    expect((await search(node, 'key=x')).headers).toMatchObject({
      'cache-control': expect.stringContaining('no-store'),
    });
  });

  const long = 'x'.repeat(513);
  it.each([
    ['', 602, 'key in query is required'],
    ['key=', 604, 'key in query should be at least 1 chars long'],
    [`prefix=${long}`, 603, 'prefix in query should be at most 512 chars long'],
    [Array(21).fill('key=a').join('&'), 611, 'key in query should have at most 20 items'],
    ['key=a&operator=xor', 606, 'operator in query should be one of [and or]'],
    ['key=a&limit=0', 609, 'limit in query should be greater than or equal to 1'],
    ['key=a&limit=1001', 608, 'limit in query should be less than or equal to 1000'],
    ['key=a&limit=x', 601, 'limit in query must be of type int64: "x"'],
    ['key=a&before=-1', 609, 'before in query should be greater than or equal to 0'],
  ])('refuses the search %s', async (query, code, message) => {
    const { status, json } = await search(node, query);
    expect({ status, json }).toEqual({ status: 422, json: { code, message } });
  });

  it.each([
    [`key=${long.slice(1)}`],
    [Array(20).fill('prefix=a').join('&')],
    ['key=a&limit=1000&before=9007199254740993'],
  ])('takes the search %s', async (query) => expect((await search(node, query)).status).toBe(200));

  it.each<[unknown, number, number, unknown]>([
    ['{', 400, 400, expect.stringMatching(/^parsing query body failed: malformed JSON/)],
    [[], 400, 400, 'parsing query body failed: not an object'],
    [{ email: 5 }, 400, 400, expect.stringMatching(/^parsing query body failed: email/)],
    [{ email: 'nobody' }, 422, 601, 'email in body must be of type email: "nobody"'],
    [{ subject: long }, 422, 603, 'subject in body should be at most 512 chars long'],
    [{ hash: 'sha384:00' }, 422, 605, expect.stringMatching(/^hash in body should match/)],
    [{ operator: 'xor' }, 422, 606, 'operator in body should be one of [and or]'],
    [{ publicKey: {} }, 422, 602, 'publicKey.publicKey.format in body is required'],
    [
      { publicKey: { format: 'q' } },
      422,
      606,
      expect.stringMatching(/^publicKey.publicKey.format in body should be one of \[.*x509\]$/),
    ],
    [{ publicKey: { format: 'x509', content: '!' } }, 400, 400, expect.stringMatching(/^parsing query body failed/)],
    [{ publicKey: { format: 'x509', content: 'AAAA' } }, 400, 400, expect.any(String)],
    [{ publicKey: { format: 'x509' } }, 400, 400, expect.any(String)],
    ['', 422, 602, 'query in body is required'],
  ])('refuses the query %j', async (query, status, code, message) => {
    const answer = await post(node.url, '/api/v1/index/retrieve', query);
    expect({ status: answer.status, json: answer.json }).toEqual({ status, json: { code, message } });
  });

  it.each([
    [null],
    [{}],
    [{ operator: 'and' }],
    [{ email: '', hash: '', subject: '', operator: '', publicKey: null }],
  ])('finds nothing by %j', async (query) => expect(await retrieve(node, query)).toEqual([]));

  it('tells how far the index is', async () => {
    const { text } = await ask(node.url, '/metrics');
    expect(text).toMatch(/^countersign_search_indexed_entries \d+$/m);
    expect(text).toMatch(/^countersign_search_behind_entries 0$/m);
    expect(text).toMatch(/^countersign_search_failures 0$/m);
  });
});

describe('over restarts', () => {
  /** A data folder with some uploads, each findable by its digest. */
  async function filled(
    name: string,
  ): Promise<{ data: string; index: string; check: (node: NodeProcess) => Promise<void> }> {
    const data = `${folder.path()}/${name}`;
    const node = await NodeProcess.start({ data, ...quiet });
    const proposals = Array.from({ length: 20 }, (_, n) => propose(`${name} ${n}`));
    const ids = await Promise.all(proposals.map((proposal) => upload(node, proposal)));
    const check = async (other: NodeProcess): Promise<void> => {
      for (const [at, proposal] of proposals.entries()) {
        expect(await retrieve(other, { hash: digestOf(proposal) })).toEqual([ids[at]]);
      }
      expect(await searched(other, 'key=x')).toMatchObject({ indexedTo: 21, treeSize: 21 });
    };
    await check(node);
    if (name.startsWith('killed')) await node.kill();
    else expect(await node.stop()).toBe(0);
    return { data, index: `${data}/search.sqlite`, check };
  }

  const warnings = (node: NodeProcess) => node.log.filter(({ level }) => level === 40).map(({ msg }) => msg);

  async function restarted(data: string, check: (node: NodeProcess) => Promise<void>): Promise<unknown[]> {
    const node = await NodeProcess.start({ data, ...quiet });
    await check(node);
    await node.stop();
    return warnings(node);
  }

  it('has everything after a stop, and after a kill', async () => {
    for (const name of ['stopped', 'killed']) {
      const { data, check } = await filled(name);
      expect(await restarted(data, check)).toEqual([]);
    }
  });

  it('makes again what is deleted, damaged, or of another log, and says so of the last two', async () => {
    const { data, index, check } = await filled('spoilt');
    const other = await filled('other');
    rmSync(index);
    expect(await restarted(data, check)).toEqual([]);
    expect(existsSync(index)).toBe(true);

    const bytes = readFileSync(index);
    writeFileSync(index, bytes.subarray(0, 5000).fill(0x5a, 0, 200));
    expect(await restarted(data, check)).toEqual([expect.stringContaining('the search index is made again')]);

    copyFileSync(other.index, index);
    expect(await restarted(data, check)).toEqual([expect.stringMatching(/made again: it is of tree \d+/)]);
    expect(await restarted(data, check)).toEqual([]);
  });

  it('says that it cannot search, rather than leave something out, and goes on taking uploads', async () => {
    const { data, index } = await filled('blocked');
    rmSync(index);
    mkdirSync(index);
    const node = await NodeProcess.start({ data, ...quiet });
    const proposal = propose('while blocked');
    const id = await upload(node, proposal);
    for (const answer of [
      await post(node.url, '/api/v1/index/retrieve', { hash: digestOf(proposal) }),
      await search(node, `key=${digestOf(proposal)}`),
    ]) {
      expect(answer).toMatchObject({ status: 503, json: { code: 503 }, headers: { 'retry-after': '1' } });
    }
    expect((await ask(node.url, '/metrics')).text).toMatch(/^countersign_search_behind_entries 22$/m);
    await node.logged(({ msg }) => /search index failed/.test(String(msg)));
    expect(warnings(node)).toHaveLength(1);
    rmdirSync(index);
    let answer: Answer;
    do answer = await post(node.url, '/api/v1/index/retrieve', { hash: digestOf(proposal) });
    while (answer.status === 503);
    expect(answer.json).toEqual([id]);
    await node.stop();
  });

  it('is rebuilt while no node runs, and answers the same', async () => {
    const { data, index, check } = await filled('rebuilt');
    const progress: number[] = [];
    expect(await rebuildSearchIndex({ data }, { onProgress: (done) => progress.push(done) })).toEqual({
      entries: 21,
      keys: 42,
    });
    expect(progress).toEqual([21]);
    expect(existsSync(`${index}.new`)).toBe(false);
    const node = await NodeProcess.start({ data, ...quiet });
    await check(node);
    await expect(rebuildSearchIndex({ data })).rejects.toMatchObject({ code: 'ERR_DATA_LOCKED' });
    await node.stop();
    expect(warnings(node)).toEqual([]);
    await expect(rebuildSearchIndex({ data: `${folder.path()}/nothing` })).rejects.toMatchObject({
      code: 'ERR_STORAGE',
    });
    expect(existsSync(`${folder.path()}/nothing`)).toBe(false);
  });

  it('is rebuilt after a kill, from everything that was answered', async () => {
    const { data, check } = await filled('killed again');
    expect(await rebuildSearchIndex({ data })).toMatchObject({ entries: 21 });
    expect(await restarted(data, check)).toEqual([]);
  });
});
