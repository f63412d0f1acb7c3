import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { flip, writeFlipPolicy } from './support/flip-policy.ts';
import { temporaryFolder } from './support/node-process.ts';
import { propose } from './support/proposal.ts';
import { UpProcess } from './support/up-process.ts';

const folder = temporaryFolder();
const clients = 6;
let node: UpProcess;
let count = 0;
const agent = new Agent({ keepAlive: true, maxSockets: clients });

const file = () => join(folder.path(), 'node.yaml');
const write = (settings: Readonly<Record<string, unknown>>): void => writeFileSync(file(), JSON.stringify(settings));
const deciding = (decision: 'allow' | 'deny' | 'fail', more: object = {}) => ({
  plugins: { folders: [join(folder.path(), 'plugin')] },
  log: { admission: { policies: flip(decision), ...more } },
});

beforeAll(async () => {
  writeFlipPolicy(join(folder.path(), 'plugin'));
  write(deciding('allow'));
  node = await UpProcess.start('--data', join(folder.path(), 'data'), '--config', file());
});
afterAll(async () => {
  agent.destroy();
  expect(await node.stop()).toBe(0);
});

/** Uploads something new over a connection that stays open. Rejects when the connection breaks. */
function upload(): Promise<number> {
  const body = JSON.stringify(propose(`reload ${count++}`));
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(`${node.url}/api/v1/log/entries`, { agent, method: 'POST', headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Changes the file, has the node read it, and resolves once it says so. */
async function reload(settings: Readonly<Record<string, unknown>>, message = 'reloaded') {
  write(settings);
  const before = node.lines(message).length;
  node.hangUp();
  return node.logged(message, before + 1);
}

describe('SIGHUP', () => {
  it('changes the policies under load: every upload is answered, and after the line only the new verdict', async () => {
    const seen: number[] = [];
    let running = true;
    const load = Array.from({ length: clients - 1 }, async () => {
      while (running) seen.push(await upload());
    });
    for (let round = 0; round < 4; round++) {
      const [decision, status] = round % 2 === 0 ? (['deny', 403] as const) : (['allow', 201] as const);
      await reload(deciding(decision));
      for (let i = 0; i < 20; i++) expect(await upload()).toBe(status);
    }
    running = false;
    await Promise.all(load);
    expect(new Set(seen)).toEqual(new Set([201, 403]));
    expect(node.lines('a worker was replaced')).toEqual([]);
  });

  it('leaves everything as it was when anything is wrong, and says what', async () => {
    await reload(deciding('deny'));
    const failed = 'not reloaded: everything stays as it was';
    for (const [settings, why] of [
      [{ ...deciding('allow'), prot: 1 }, 'unknown key "prot"; did you mean "port"?'],
      [deciding('allow', { tokens: [{ name: 'ci', sha256: 'x' }] }), 'log.admission.tokens.0.sha256'],
      [deciding('allow', { issuers: [{ issuer: 'http://a.example', audience: 'x' }] }), 'issuer http://a.example'],
      [deciding('allow', { policies: [{ policy: 'flop' }] }), 'flop'],
      [deciding('fail'), 'flip'],
    ] as const) {
      expect(await reload(settings, failed)).toMatchObject({ err: { message: expect.stringContaining(why) } });
      expect(await upload()).toBe(403);
    }
    writeFileSync(file(), 'a: b: c');
    const before = node.lines(failed).length;
    node.hangUp();
    expect(await node.logged(failed, before + 1)).toMatchObject({ err: { code: 'ERR_CONFIG_INVALID' } });
    expect(await upload()).toBe(403);
  });

  it('changes rates and the logging level, and names what needs a restart', async () => {
    const rates = { perAddress: { burst: 1, perMinute: 1 } };
    await reload({ ...deciding('allow', { rates }), logging: { level: 'debug' }, limits: { bodyBytes: 5000 } });
    expect(node.lines('changed settings that need a restart').at(-1)).toMatchObject({ settings: ['limits.bodyBytes'] });
    expect(node.lines('reloaded').at(-1)?.changed).toEqual(
      expect.arrayContaining(['log.admission.rates.perAddress.burst', 'logging.level']),
    );
    expect([await upload(), await upload()]).toEqual([201, 429]);
    await reload(deciding('allow'));
    expect([await upload(), await upload()]).toEqual([201, 201]);
  });
});
