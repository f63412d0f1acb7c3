import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { exitCodes } from '../exit-code.ts';
import { useLog } from '../testing/use-log.ts';

const test = useLog();
const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');

/** Entries found by these keys, the first one at index 0. */
function index(...keys: (readonly string[])[]): void {
  test.log.grow(keys.length);
  test.log.indexKeys = keys;
}

/** One line of text for an entry. */
const line = (at: number) =>
  `${at}  ${new Date((1_700_000_000 + at) * 1000).toISOString().slice(0, 19)}Z  ${test.log.entryId(at)}\n`;

/** What the log was asked last. */
const asked = () => new URL(test.log.requests.at(-1)?.split(' ')[1] ?? '', test.log.url).searchParams;

describe('search as rekor-cli does', () => {
  it('finds by artifact, digest, key, e-mail and subject', async () => {
    const [, artifact = '', , , , key = ''] = await test.signed('content');
    const digest = `sha256:${sha256('content')}`;
    index([digest, sha256(await readFile(key)), 'me@example.com', 'https://example.com/x']);
    const found = `${test.log.entryId(0)}\n`;
    for (const flags of [
      ['--artifact', artifact],
      ['--sha', digest],
      ['--sha', digest.slice(7).toUpperCase()],
      ['--public-key', key],
      ['--email', 'Me@Example.com'],
      ['--subject', 'https://EXAMPLE.com/x'],
      ['--email', 'other@example.com', '--artifact', artifact],
      ['--email', 'me@example.com', '--artifact', artifact, '--operator', 'and'],
    ]) {
      const { code, out, err } = await test.run('search', ...flags);
      expect({ flags, code, out, err }).toEqual({
        flags,
        code: 0,
        out: found,
        err: 'Found matching entries (listed by UUID):\n',
      });
    }
    const json = await test.run('search', '--artifact', artifact, '--format', 'json');
    expect(json).toEqual({ code: 0, out: `{"UUIDs":["${test.log.entryId(0)}"]}\n`, err: '' });
    expect(new Set(test.log.requests)).toEqual(new Set(['POST /api/v1/index/retrieve']));
  });

  it('fails when nothing matches', async () => {
    index(['a@example.com'], ['b@example.com']);
    const { code, out, err } = await test.run('search', '--email', 'c@example.com', '--format', 'json');
    expect({ code, out }).toEqual({ code: exitCodes.failed, out: '' });
    expect(err).toContain('no matching entries found (ERR_ENTRY_NOT_FOUND)');
    const both = ['--email', 'a@example.com', '--subject', 'b@example.com', '--operator', 'and'];
    expect((await test.run('search', ...both)).code).toBe(exitCodes.failed);
  });

  it('says where there is no index, and passes on why the log cannot search now', async () => {
    test.log.intercept = (_, response) => {
      response.writeHead(501).end();
      return true;
    };
    const none = await test.run('search', '--email', 'a@b');
    expect(none.code).toBe(exitCodes.failed);
    expect(none.err).toContain(`search index not enabled on ${test.log.url} (ERR_NOT_AVAILABLE)`);
    test.log.intercept = (_, response) => {
      response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '5' });
      response.end('{"code":503,"message":"the index is being made: 10 of 20 \\u001b[2J"}');
      return true;
    };
    const behind = await test.run('search', '--email', 'a@b');
    expect(behind.code).toBe(exitCodes.failed);
    expect(behind.err).toContain('answered 503: the index is being made: 10 of 20 \\u{1b}[2J');
  });

  it('shows nothing of an answer that is none', async () => {
    test.log.intercept = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('["\\u001b[2J"]');
      return true;
    };
    const { code, out, err } = await test.run('search', '--email', 'a@b');
    expect({ code, out }).toEqual({ code: exitCodes.failed, out: '' });
    expect(err).toContain('ERR_MALFORMED');
  });
});

describe('search by pages', () => {
  it('finds by keys and prefixes, newest first', async () => {
    index(['sha256:aa', 'x'], ['sha256:ab'], ['y'], ['sha256:aa', 'y']);
    const { code, out, err } = await test.run('search', '--prefix', 'sha256:a');
    expect({ code, out, err }).toEqual({
      code: 0,
      out: line(3) + line(1) + line(0),
      err: 'Found 3 entries, newest first (index, time, UUID, what the log shows of it):\n',
    });
    expect(await test.ok('search', '--key', 'x', '--key', 'sha256:ab')).toBe(line(1) + line(0));
    expect(await test.ok('search', '--prefix', 'sha256:', '--key', 'y', '--operator', 'and')).toBe(line(3));
    expect(Object.fromEntries(asked())).toEqual({ key: 'y', prefix: 'sha256:', operator: 'and', limit: '100' });
  });

  it('shows what the log says of each entry, in one line that cannot drive the terminal', async () => {
    index(['k'], ['k'], ['k'], ['k']);
    const subject = 'ed@example.com';
    const displays = [
      { kind: 'rpm', title: 'hello 1.2-3.noarch', subject, digest: 'sha256:ab' },
      { kind: 'jar', title: 'Signed JAR' },
      { kind: 'acme', title: 'acme' },
      { kind: 'helm', title: 'a\nb\tc\u001b[2J', subject: '\u202ed' },
    ];
    test.log.displays = displays;
    const found = [
      'rpm: hello 1.2-3.noarch, by ed@example.com',
      'jar: Signed JAR',
      'acme',
      'helm: a b c\\u{1b}[2J, by \\u{202e}d',
    ];
    const lines = found.map((text, at) => line(at).replace('\n', `  ${text}\n`));
    expect(await test.ok('search', '--key', 'k')).toBe(lines.reverse().join(''));
    const { entries } = JSON.parse(await test.ok('search', '--key', 'k', '--format', 'json'));
    expect(entries.map(({ display }: { display: unknown }) => display)).toEqual(displays.reverse());
    test.log.displays = [];
  });

  it('goes from page to page', async () => {
    index(...Array.from({ length: 12 }, () => ['k']));
    const first = await test.run('search', '--key', 'k', '--limit', '2');
    expect(first.out).toBe(line(11) + line(10));
    expect(first.err).toContain('Next page: the same with --before 10\n');
    const second = await test.run('search', '--key', 'k', '--limit', '10', '--before', '10');
    expect(second.out).toMatch(new RegExp(`^${line(9)}.*\n${line(7)}`));
    expect(second.err).toBe('Found 10 entries, newest first (index, time, UUID, what the log shows of it):\n');
    const end = await test.run('search', '--key', 'k', '--before', '0');
    expect(end.code).toBe(exitCodes.failed);
    expect(end.err).toContain('no matching entries found below index 0 (ERR_ENTRY_NOT_FOUND)');
    // Columns, also where indexes have fewer digits.
    expect(await test.ok('search', '--key', 'k', '--before', '11', '--limit', '2')).toBe(`${line(10)} ${line(9)}`);
  });

  it('translates what rekor-cli takes into keys', async () => {
    const [, artifact = '', , , , key = ''] = await test.signed('content');
    // The same key in another spelling has the same canonical form.
    await writeFile(key, `\n${await readFile(key, 'utf8')}\n\n`);
    const canonical = `${(await readFile(key, 'utf8')).trim()}\n`;
    index([`sha256:${sha256('content')}`]);
    await test.ok(
      ...['search', '--artifact', artifact, '--public-key', key, '--email', 'Me@Example.com', '--subject', 'URI:X'],
      ...['--limit', '1', '--key', 'Kept'],
    );
    expect(asked().getAll('key')).toEqual([
      `sha256:${sha256('content')}`,
      sha256(canonical),
      'me@example.com',
      'uri:x',
      'Kept',
    ]);
    expect(asked().get('operator')).toBe('or');
  });

  it('says so when a key cannot be translated', async () => {
    const [, , , , , key = ''] = await test.signed();
    const flags = ['search', '--public-key', key, '--pki-format', 'acme'];
    const { code, err } = await test.run(...flags, '--key', 'x');
    expect(code).toBe(exitCodes.usage);
    expect(err).toContain('no plugin here reads acme keys (there are ');
    expect(test.log.requests).toEqual([]);
    // Alone it is the log that reads it.
    index([sha256(await readFile(key))]);
    expect(await test.ok(...flags)).toBe(`${test.log.entryId(0)}\n`);
  });

  it('cannot be taken for complete while the index is behind', async () => {
    index(['k'], ['k'], ['k']);
    test.log.indexedTo = 2;
    for (const format of ['default', 'json']) {
      const { code, out, err } = await test.run('search', '--key', 'k', '--format', format);
      expect(code).toBe(0);
      expect(out).toContain(test.log.entryId(1));
      expect(err).toMatch(
        /!!! INCOMPLETE !!! The log's search index is behind: it has 2 entries of 3\. Entries from index 2 on may be missing here\. Search again later\.\n$/,
      );
    }
    test.log.indexedTo = 0;
    const none = await test.run('search', '--key', 'k');
    expect(none.code).toBe(exitCodes.failed);
    expect(none.err).toContain('!!! INCOMPLETE !!!');
  });

  it('tells a page without matches from the last one', async () => {
    test.log.intercept = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"entries":[],"next":7,"indexedTo":9,"treeSize":9}');
      return true;
    };
    const { code, out, err } = await test.run('search', '--key', 'a', '--key', 'b', '--operator', 'and');
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toContain('Found 0 entries');
    expect(err).toContain('--before 7');
  });

  it('gives the answer as JSON', async () => {
    index(['k']);
    expect(JSON.parse(await test.ok('search', '--key', 'k', '--format', 'json'))).toEqual({
      entries: [{ uuid: test.log.entryId(0), logIndex: 0, integratedTime: 1_700_000_000, display: null }],
      next: null,
      indexedTo: 1,
      treeSize: 1,
    });
  });

  it('takes twenty criteria, and no more', async () => {
    index(['k']);
    const flags = (count: number) => Array.from({ length: count }, () => ['--key', 'k']).flat();
    expect(await test.ok('search', ...flags(19), '--prefix', 'k')).toBe(line(0));
    const { code, err } = await test.run('search', ...flags(20), '--email', 'a@b');
    expect(code).toBe(exitCodes.usage);
    expect(err).toContain('at most 20 criteria');
  });
});

describe('search', () => {
  it.each([
    [[], "either 'sha' or 'artifact' or"],
    [['--operator', 'and'], "either 'sha' or 'artifact' or"],
    [['--limit', '3'], "either 'sha' or 'artifact' or"],
    [['--artifact', 'x', '--sha', 'ab'.repeat(32)], 'one of the two'],
    [['--public-key', 'x', '--public-key', 'y'], 'only one public key must be provided'],
    [['--artifact', '-', '--public-key', '-'], 'standard input'],
    [['--email', 'a@b', '--email', 'c@d'], 'It is given once'],
    [['--email', 'nobody'], 'e-mail address'],
    [['--sha', 'zz'], 'SHA-1, SHA-256 or SHA-512'],
    [['--operator', 'xor', '--key', 'a'], 'Allowed choices are or, and'],
    [['--key', ''], '1 to 512 characters'],
    [['--key', 'a', '--limit', '0'], 'above 0'],
    [['--key', 'a', '--format', 'tle'], 'only get has --format tle'],
  ])('is used wrongly with %j', async (flags, why) => {
    const { code, out, err } = await test.run('search', ...flags);
    expect({ code, out }).toEqual({ code: exitCodes.usage, out: '' });
    expect(err).toContain(why);
    expect(test.log.requests).toEqual([]);
  });
});
