import { createHash } from 'node:crypto';
import { type GateSettings } from './gate-settings.ts';
import { type Arrival, UploadGate } from './upload-gate.ts';

let now: number;
beforeEach(() => {
  now = 0;
});

const none: GateSettings = { tokens: [], issuers: [], trustedProxies: [] };
const once = { burst: 1, perMinute: 1 };
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const gate = (settings: Partial<GateSettings> = {}) =>
  new UploadGate({ ...none, ...settings }, { monotonic: () => now, warn: () => undefined });
const from = (peer: string, change: Partial<Arrival> = {}): Arrival => ({
  peer,
  authorization: undefined,
  forwardedFor: undefined,
  ...change,
});

/** The seconds it is refused for. */
async function refused(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    expect(error).toMatchObject({ name: 'CountersignError', code: 'ERR_RATE_LIMITED' });
    return (error as { details: { retryAfterSeconds: number } }).details.retryAfterSeconds;
  }
  return undefined;
}

describe('UploadGate', () => {
  it('lets everybody in as often as they like without settings', async () => {
    const open = gate();
    for (let i = 0; i < 100; i++) open.charge(await open.enter(from('1.2.3.4')), 'key');
  });

  it('counts addresses before it looks at anything else', async () => {
    const strict = gate({ rates: { perAddress: once } });
    expect(await refused(() => strict.enter(from('1.2.3.4', { authorization: 'rubbish' })))).toBeUndefined();
    expect(await refused(() => strict.enter(from('1.2.3.4')))).toBe(60);
    expect(await refused(() => strict.enter(from('1.2.3.5')))).toBeUndefined();
    expect(await refused(() => strict.enter(from('2001:db8::1')))).toBeUndefined();
    expect(await refused(() => strict.enter(from('2001:db8::2')))).toBe(60);
    now = 60_000;
    expect(await refused(() => strict.enter(from('1.2.3.4')))).toBeUndefined();
  });

  it('believes trusted proxies alone', async () => {
    const strict = gate({ rates: { perAddress: once }, trustedProxies: ['10.0.0.0/8'] });
    const forwarded = (peer: string, forwardedFor: string) => () => strict.enter(from(peer, { forwardedFor }));
    expect(await refused(forwarded('10.0.0.1', '1.1.1.1'))).toBeUndefined();
    expect(await refused(forwarded('10.0.0.1', '1.1.1.2'))).toBeUndefined();
    expect(await refused(forwarded('10.0.0.2', '1.1.1.1'))).toBe(60);
    expect(await refused(forwarded('9.9.9.9', '1.1.1.3'))).toBeUndefined();
    expect(await refused(forwarded('9.9.9.9', '1.1.1.4'))).toBe(60);
  });

  it('counts a requester, whatever keys it signs with, and otherwise the key', async () => {
    const strict = gate({ rates: { perIdentity: once }, tokens: [{ name: 'ci', sha256: sha256('t') }] });
    const ci = await strict.enter(from('1.2.3.4', { authorization: 'Bearer t' }));
    const nobody = await strict.enter(from('1.2.3.4'));
    expect(await refused(() => strict.charge(ci, 'key-1'))).toBeUndefined();
    expect(await refused(() => strict.charge(ci, 'key-2'))).toBe(60);
    expect(await refused(() => strict.charge(nobody, 'key-1'))).toBeUndefined();
    expect(await refused(() => strict.charge(nobody, 'key-1'))).toBe(60);
    expect(await refused(() => strict.charge(nobody, 'key-2'))).toBeUndefined();
    expect(await refused(() => strict.charge(nobody, undefined))).toBeUndefined();
    expect(strict.refused).toEqual({ address: 0, key: 1, requester: 1 });
  });

  it('takes nothing from a key for what was in the log already, and from a requester does', async () => {
    const strict = gate({ rates: { perIdentity: once }, tokens: [{ name: 'ci', sha256: sha256('t') }] });
    const replay = await strict.enter(from('6.6.6.6'));
    strict.charge(replay, 'key');
    strict.repeated(replay);
    const own = await strict.enter(from('1.2.3.4'));
    expect(await refused(() => strict.charge(own, 'key'))).toBeUndefined();
    const ci = await strict.enter(from('1.2.3.4', { authorization: 'Bearer t' }));
    strict.charge(ci, 'key');
    strict.repeated(ci);
    expect(await refused(() => strict.charge(ci, 'key'))).toBe(60);
  });

  it('goes by other settings from one upload to the next, and counts on where a rate stays', async () => {
    const rates = { perAddress: once, perIdentity: once };
    const changing = gate({ rates });
    await changing.enter(from('1.2.3.4'));
    const request = await changing.enter(from('1.2.3.5', { authorization: 'Bearer t' }));
    expect(request).toHaveProperty('unauthenticated');
    changing.charge({}, 'key');
    const tokens = [{ name: 'ci', sha256: sha256('t') }];
    changing.change({ ...none, tokens, rates: { ...rates, perIdentity: { burst: 2, perMinute: 1 } } });
    expect(await refused(() => changing.enter(from('1.2.3.4')))).toBe(60);
    expect(await refused(() => changing.charge({}, 'key'))).toBeUndefined();
    expect(await changing.enter(from('1.2.3.6', { authorization: 'Bearer t' }))).toHaveProperty('requester');
    changing.change(none);
    expect(await refused(() => changing.enter(from('1.2.3.4')))).toBeUndefined();
    expect(await changing.enter(from('1.2.3.4', { authorization: 'Bearer t' }))).toHaveProperty('unauthenticated');
  });

  it('keeps what it had when it cannot go by the new', async () => {
    const kept = gate({ tokens: [{ name: 'ci', sha256: sha256('t') }] });
    const wrong = { ...none, issuers: [{ issuer: 'http://a.example', audience: 'x' }] };
    expect(() => kept.change(wrong)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
    expect(await kept.enter(from('1.2.3.4', { authorization: 'Bearer t' }))).toHaveProperty('requester');
  });
});
