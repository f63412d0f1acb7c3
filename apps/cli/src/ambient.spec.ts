import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeLog } from '@countersign/client/testing';
import { exitCodes } from './exit-code.ts';
import { runIn } from './testing/test-io.ts';

let home: string;
let log: FakeLog;

beforeAll(async () => {
  log = await FakeLog.start();
  log.grow(1);
});
afterAll(() => log.close());
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-ambient-'));
});
afterEach(() => rm(home, { recursive: true }));

const json = /^\{"ActiveTreeSize"/;
const text = /^Verification Successful!/;

async function loginfo(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { code, out, err } = await runIn(home, args, { env: { REKOR_REKOR_SERVER: log.url, ...env } });
  if (code !== 0) throw new Error(err);
  return out;
}

describe('options of log commands', () => {
  it('come before or after the command, in two spellings', async () => {
    expect(await loginfo(['--format', 'json', 'loginfo'])).toMatch(json);
    expect(await loginfo(['loginfo', '--format=json'])).toMatch(json);
    for (const name of ['--rekor_server', '--rekor-server']) {
      expect((await runIn(home, [name, log.url, 'loginfo'])).out).toMatch(text);
      expect((await runIn(home, ['loginfo', name, `${log.url}/`])).out).toMatch(text);
    }
  });

  it('come from the flag, then the flag before the command, the environment, the file, the default', async () => {
    const file = join(home, '.rekor.yaml');
    expect(await loginfo(['loginfo'])).toMatch(text);
    await writeFile(file, 'format: json\n');
    expect(await loginfo(['loginfo'])).toMatch(json);
    expect(await loginfo(['loginfo'], { REKOR_FORMAT: 'default' })).toMatch(text);
    expect(await loginfo(['loginfo'], { REKOR_FORMAT: '' })).toMatch(json);
    expect(await loginfo(['--format', 'json', 'loginfo'], { REKOR_FORMAT: 'default' })).toMatch(json);
    expect(await loginfo(['--format', 'json', 'loginfo', '--format', 'default'])).toMatch(text);
  });

  it('come from another file', async () => {
    const file = join(home, 'other.yaml');
    await writeFile(file, `rekor_server: ${log.url}\nformat: json\nretry: 0\nstore_tree_state: false\nunknown: 1\n`);
    expect((await runIn(home, ['loginfo', '--config', file])).out).toMatch(json);
    expect((await runIn(home, ['--config', file, 'loginfo'])).out).toMatch(json);
    expect((await runIn(home, ['loginfo'], { env: { REKOR_CONFIG: file } })).out).toMatch(json);
  });

  it('of one command come from the environment too', async () => {
    const { out } = await runIn(home, ['get'], { env: { REKOR_REKOR_SERVER: log.url, REKOR_LOG_INDEX: '0' } });
    expect(out).toContain('Index: 0\n');
  });

  it.each([
    [{ REKOR_FORMAT: 'xml' }, 'REKOR_FORMAT'],
    [{ REKOR_TIMEOUT: 'soon' }, 'REKOR_TIMEOUT'],
    [{ REKOR_REKOR_SERVER: 'nowhere' }, 'REKOR_REKOR_SERVER'],
    [{ REKOR_STORE_TREE_STATE: 'perhaps' }, 'REKOR_STORE_TREE_STATE'],
  ])('are refused from the environment, with their name: %p', async (env, name) => {
    const { code, err } = await runIn(home, ['loginfo'], { env });
    expect(code).toBe(exitCodes.usage);
    expect(err).toContain(`wrong value for ${name}: `);
  });

  it.each([
    'retry: many\n',
    'format: [json]\n',
    '- a list\n',
    '{',
    'text',
  ])('are refused from a file that says %p', async (content) => {
    await writeFile(join(home, '.rekor.yaml'), content);
    expect((await runIn(home, ['loginfo', '--rekor_server', log.url])).code).toBe(exitCodes.usage);
  });

  it('are refused from a file that is named and not there', async () => {
    const { code, err } = await runIn(home, ['loginfo', '--config', join(home, 'none.yaml')]);
    expect(code).toBe(exitCodes.usage);
    expect(err).toContain('there is no such file');
  });

  it('are refused when a file they name cannot be read', async () => {
    for (const name of ['--ca-file', '--rekor_server_public_key']) {
      const { code, err } = await runIn(home, ['loginfo', '--rekor_server', log.url, name, join(home, 'none.pem')]);
      expect(code).toBe(exitCodes.usage);
      expect(err).toContain(`${name}: cannot read`);
    }
  });
});
