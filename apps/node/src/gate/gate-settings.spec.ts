import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../config/load-config.ts';
import type { NodeConfig } from '../config/node-config.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-gate-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** `log.admission` of a configuration with this one in its file. */
async function load(admission: unknown, environment = {}): Promise<NodeConfig['log']['admission']> {
  const file = join(folder, 'node.yaml');
  await writeFile(file, JSON.stringify({ log: { admission } }));
  return (await loadConfig({ flags: { dev: true }, file, environment })).config.log.admission;
}

const digest = 'ab'.repeat(32);
const issuer = { issuer: 'https://issuer.example', audience: 'log' };
const rate = { burst: 1, perMinute: 1 };

describe('the settings of log.admission about who asks', () => {
  it('know nobody and limit nobody by default', async () => {
    const admission = await load({});
    expect(admission).toMatchObject({ tokens: [], issuers: [], trustedProxies: [] });
    expect(admission).not.toHaveProperty('rates');
  });

  it('come from the file, and rates from the environment as well', async () => {
    const settings = {
      tokens: [{ name: 'ci@host.example', sha256: digest }],
      issuers: [issuer, { ...issuer, issuer: 'http://127.0.0.1:1', privateAddress: true }],
      rates: { perAddress: { burst: 1_000_000, perMinute: 60_000 }, perIdentity: rate },
      trustedProxies: ['10.0.0.0/8', '::1'],
    };
    expect(await load(settings)).toMatchObject(settings);
    const environment = {
      COUNTERSIGN_LOG_ADMISSION_RATES_PER_ADDRESS_BURST: '7',
      COUNTERSIGN_LOG_ADMISSION_RATES_PER_ADDRESS_PER_MINUTE: '8',
      COUNTERSIGN_LOG_ADMISSION_TRUSTED_PROXIES: '10.0.0.1,10.0.0.2',
    };
    expect(await load({}, environment)).toMatchObject({
      rates: { perAddress: { burst: 7, perMinute: 8 } },
      trustedProxies: ['10.0.0.1', '10.0.0.2'],
    });
  });

  it.each<[object, RegExp]>([
    [{ tokens: [{ name: 'a' }] }, /tokens\.0\.sha256 in body is required/],
    [{ tokens: [{ name: 'a', sha256: digest, token: 'x' }] }, /tokens\.0\.token in body is a forbidden property/],
    [{ tokens: [{ name: 'a', sha256: digest.toUpperCase() }] }, /tokens\.0\.sha256 in body should match/],
    [{ tokens: [{ name: 'a b', sha256: digest }] }, /tokens\.0\.name in body should match/],
    [{ tokens: [{ name: 'x'.repeat(65), sha256: digest }] }, /tokens\.0\.name in body should match/],
    [{ tokens: ['a', 'b'].map((name) => ({ name, sha256: digest })) }, /tokens: (ab)+ stands there twice/],
    [{ tokens: ['ab', 'cd'].map((hex) => ({ name: 'a', sha256: hex.repeat(32) })) }, /tokens: a stands there twice/],
    [{ issuers: [{ issuer: 'https://a.example' }] }, /issuers\.0\.audience in body is required/],
    [{ issuers: [{ ...issuer, audience: '' }] }, /issuers\.0\.audience in body should be at least 1/],
    [{ issuers: [issuer, issuer] }, /issuers: https:\/\/issuer\.example stands there twice/],
    [{ issuers: [{ ...issuer, issuer: 'http://127.0.0.1:1' }] }, /http is for issuers on this machine/],
    [{ issuers: [{ ...issuer, issuer: 'http://issuer.example', privateAddress: true }] }, /http is for issuers on/],
    [{ rates: { perAddress: { burst: 1 } } }, /rates\.perAddress\.perMinute in body is required/],
    [{ rates: { perAddress: { ...rate, burst: 0 } } }, /burst in body should be greater than or equal to 1/],
    [{ rates: { perAddress: { ...rate, burst: 1_000_001 } } }, /burst in body should be less than or equal to 1000000/],
    [{ rates: { perIdentity: { ...rate, perMinute: 0 } } }, /perMinute in body should be greater than or equal to 1/],
    [
      { rates: { perIdentity: { ...rate, perMinute: 60_001 } } },
      /perMinute in body should be less than or equal to 60000/,
    ],
    [{ rates: { perKey: rate } }, /unknown key "log\.admission\.rates\.perKey"/],
    [{ trustedProxies: ['10.0.0.0/33'] }, /trustedProxies: 10\.0\.0\.0\/33 is neither/],
    [{ trustedProxies: ['proxy.example'] }, /trustedProxies: proxy\.example is neither/],
  ])('refuse %j', async (admission, why) => {
    await expect(load(admission)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringMatching(why),
    });
  });
});
