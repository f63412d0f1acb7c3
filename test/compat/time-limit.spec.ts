import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, post } from '../e2e/support/http.ts';
import { NodeProcess, temporaryFolder } from '../e2e/support/node-process.ts';

const folder = temporaryFolder();

const manifest = {
  name: 'entry-slow',
  version: '1.0.0',
  apiVersion: '^1.0.0',
  provides: [
    {
      type: 'entry',
      id: 'slow',
      version: '0.0.1',
      schema: 'schema.json',
      takes: { artifact: 'content', signature: 'enclosed', publicKeys: 'enclosed' },
      entry: 'slow.mjs',
    },
  ],
};

/** An outside plugin whose verification ends at once, as soon as the gate is open, or never. */
const code = (gate: string) => `import { existsSync } from 'node:fs';
const pause = new Int32Array(new SharedArrayBuffer(4));
const deeds = {
  nothing() {},
  gate() { while (!existsSync(${JSON.stringify(gate)})) Atomics.wait(pause, 0, 0, 5); },
  loop() { for (;;); },
  pattern() { /^(a+)+$/.test('a'.repeat(64) + 'b'); },
};
export default () => ({
  async propose() { return { do: 'nothing' }; },
  async admit(spec) { deeds[spec.do](); return { spec, indexKeys: [], verifiers: [] }; },
  async claims() {},
});`;

let node: NodeProcess;

beforeAll(async () => {
  const plugin = join(folder.path(), 'slow');
  mkdirSync(plugin);
  writeFileSync(join(plugin, 'plugin.json'), JSON.stringify(manifest));
  writeFileSync(join(plugin, 'schema.json'), '{"type": "object"}');
  writeFileSync(join(plugin, 'slow.mjs'), code(join(folder.path(), 'gate')));
  // One worker: whatever waits, waits behind what never ends.
  const settings = { admission: { workers: 1 }, plugins: { folders: [plugin] }, logging: { level: 'warn' } };
  node = await NodeProcess.start({ data: join(folder.path(), 'data'), ...settings });
});
afterAll(() => node.stop());

const upload = (deed: string, n: number) =>
  post(node.url, '/api/v1/log/entries', { kind: 'slow', apiVersion: '0.0.1', spec: { do: deed, n } });

it('refuses a verification that never ends, takes what waited with it, and goes on', async () => {
  const first = upload('gate', 0);
  // While the worker waits at the gate these gather, and then go to it in one message.
  const innocent = [1, 2, 3].map((n) => upload('nothing', n));
  const culprits = ['loop', 'pattern'].map((deed) => upload(deed, 1));
  innocent.push(...[4, 5, 6].map((n) => upload('nothing', n)));
  expect(await ask(node.url, '/ping')).toMatchObject({ status: 200 });
  writeFileSync(join(folder.path(), 'gate'), '');

  for (const answer of await Promise.all(culprits)) {
    const message = 'error processing entry: verification took too long';
    expect(answer).toMatchObject({ status: 400, json: { code: 400, message } });
  }
  for (const answer of await Promise.all([first, ...innocent])) expect(answer).toMatchObject({ status: 201 });
  expect(await upload('nothing', 7)).toMatchObject({ status: 201 });
  expect(await ask(node.url, '/api/v1/log')).toMatchObject({ json: { treeSize: 9 } });
  // The worker was lost once with the whole message, and once with each of the two.
  expect(node.log.filter(({ msg }) => msg === 'a worker was replaced')).toHaveLength(3);
});
