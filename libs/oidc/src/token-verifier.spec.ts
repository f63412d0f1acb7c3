import { generateKeyPairSync, sign } from 'node:crypto';
import type { OidcLimits } from './limits.ts';
import { FakeIssuer, unsignedToken } from './testing/fake-issuer.ts';
import { TokenVerifier } from './token-verifier.ts';

let issuer: FakeIssuer;
let now: number;
let warnings: string[];
beforeEach(async () => {
  issuer = await FakeIssuer.start();
  now = 0;
  warnings = [];
});
afterEach(() => issuer.close());

function verifier(limits: Partial<OidcLimits> = {}, change: { privateAddress?: boolean } = {}): TokenVerifier {
  return new TokenVerifier([{ issuer: issuer.url, audience: 'countersign', privateAddress: true, ...change }], {
    limits,
    monotonic: () => now,
    warn: (message, cause) => warnings.push(`${message}: ${cause instanceof Error ? cause.message : cause}`),
  });
}

/** What the token comes to: its subject, or `code: message`. */
function outcome(token: string, by: TokenVerifier): Promise<string> {
  return by.verify(token).then(
    ({ subject }) => subject,
    (error) => {
      expect(error).toMatchObject({ name: 'CountersignError' });
      return `${error.code}: ${error.message}`;
    },
  );
}

const discovery = '/.well-known/openid-configuration';

describe('TokenVerifier', () => {
  it('takes tokens of RSA and EC keys, and asks the issuer once', async () => {
    const by = verifier();
    const identities = await Promise.all([by.verify(issuer.token({})), by.verify(issuer.token({}, { kid: 'rsa-1' }))]);
    expect(identities).toEqual([
      expect.objectContaining({ issuer: issuer.url, subject: 'somebody' }),
      expect.objectContaining({ issuer: issuer.url, subject: 'somebody' }),
    ]);
    expect(issuer.asked).toEqual([discovery, '/keys']);
  });

  it('takes a token without a key id when one key of the issuer can have signed it', async () => {
    const token = issuer.token({}, { header: { alg: 'ES256', kid: undefined } });
    expect(await outcome(token, verifier())).toBe('somebody');
    issuer.useKeys('ec-1', 'ec-2');
    const either = issuer.token({}, { header: { alg: 'ES256', kid: undefined } });
    expect(await outcome(either, verifier())).toMatch(/^ERR_TOKEN_INVALID: .*which key/);
  });

  it('makes no request for a token that is refused in any case', async () => {
    const by = verifier();
    expect(await outcome('...............', by)).toMatch(/^ERR_TOKEN_INVALID: .*three parts/);
    expect(await outcome(issuer.token({ iss: 'https://evil.example' }), by)).toMatch(/no issuer whose tokens/);
    expect(await outcome(issuer.token({ iss: undefined }), by)).toMatch(/no issuer whose tokens/);
    expect(await outcome(issuer.token({ iss: `${issuer.url}/` }), by)).toMatch(/no issuer whose tokens/);
    expect(await outcome(issuer.token({ aud: 'other' }), by)).toMatch(/audience/);
    expect(await outcome(issuer.token({ aud: ['countersign', 'other'] }), by)).toMatch(/audience/);
    expect(await outcome(issuer.token({ exp: 1 }), by)).toMatch(/expired/);
    expect(issuer.asked).toEqual([]);
  });

  it('refuses what the issuer did not sign', async () => {
    const by = verifier();
    const good = issuer.token({});
    const [header = '', claims = '', signature = ''] = good.split('.');
    const other = Buffer.from(JSON.stringify({ ...issuer.claims(), sub: 'root' })).toString('base64url');
    expect(await outcome(`${header}.${other}.${signature}`, by)).toMatch(/^ERR_TOKEN_INVALID: .*does not verify/);
    expect(await outcome(`${header}.${claims}.`, by)).toMatch(/^ERR_TOKEN_INVALID: .*does not verify/);
    // Another key of the issuer under the wrong name.
    const misnamed = issuer.token({}, { kid: 'ec-1', header: { kid: 'rsa-1' } });
    expect(await outcome(misnamed, by)).toMatch(/^ERR_TOKEN_INVALID/);
  });

  it.each(['none', 'None', 'HS256', 'HS512'])('refuses %s, also when discovery offers it', async (alg) => {
    issuer.discovery = { id_token_signing_alg_values_supported: [alg, 'ES256', 'RS256'] };
    const [jwk] = issuer.publicKeys();
    const parts = { header: { alg, kid: 'rsa-1' }, claims: issuer.claims() };
    const by = verifier();
    for (const secret of [undefined, '', String(jwk?.n), JSON.stringify(jwk)]) {
      expect(await outcome(unsignedToken(parts, secret), by)).toMatch(/^ERR_TOKEN_INVALID: .*none of RS256, ES256/);
    }
    expect(await outcome(issuer.token({}), by)).toBe('somebody');
  });

  it('takes only what the issuer says it signs with, and RS256 when it does not say', async () => {
    issuer.discovery = { id_token_signing_alg_values_supported: ['ES256'] };
    expect(await outcome(issuer.token({}, { kid: 'rsa-1' }), verifier())).toMatch(/none of ES256$/);
    issuer.discovery = { id_token_signing_alg_values_supported: undefined };
    expect(await outcome(issuer.token({}), verifier())).toMatch(/none of RS256$/);
    expect(await outcome(issuer.token({}, { kid: 'rsa-1' }), verifier())).toBe('somebody');
    issuer.discovery = { id_token_signing_alg_values_supported: ['HS256', 'none'] };
    expect(await outcome(issuer.token({}), verifier())).toMatch(/^ERR_ISSUER_UNAVAILABLE/);
  });

  it('looks at no key that a token brings along or points to', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    const header = { alg: 'ES256', kid: 'mine', jwk, jku: `${issuer.url}/mine`, x5u: `${issuer.url}/mine` };
    const input = [header, issuer.claims()]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    expect(await outcome(`${input}.${signature.toString('base64url')}`, verifier())).toMatch(/no such key/);
    expect(issuer.asked).not.toContain('/mine');
  });

  it('refuses a header that asks for what is not understood', async () => {
    expect(await outcome(issuer.token({}, { header: { crit: ['exp2'], exp2: 1 } }), verifier())).toMatch(
      /^ERR_TOKEN_INVALID/,
    );
    expect(await outcome(issuer.token({}, { header: { alg: 'constructor' } }), verifier())).toMatch(
      /^ERR_TOKEN_INVALID/,
    );
  });

  it('refuses issuers it could not ask', () => {
    expect(() => new TokenVerifier([{ issuer: 'http://a.example', audience: 'x' }])).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });
});

describe('the keys of an issuer', () => {
  it('are asked for again when a key is not there, after a while', async () => {
    const by = verifier();
    expect(await outcome(issuer.token({}), by)).toBe('somebody');
    const old = issuer.token({});
    issuer.useKeys('ec-2');
    const token = issuer.token({}, { kid: 'ec-2' });
    now = 9999;
    expect(await outcome(token, by)).toMatch(/^ERR_TOKEN_INVALID: .*did not have it seconds ago/);
    expect(issuer.asked).toHaveLength(2);
    now = 10_000;
    expect(await outcome(token, by)).toBe('somebody');
    // The issuer took it back.
    expect(await outcome(old, by)).toMatch(/no such key/);
    expect(issuer.asked).toHaveLength(4);
  });

  it('are not asked for again by tokens of made-up keys', async () => {
    const by = verifier();
    const made = (kid: string) => issuer.token({}, { header: { kid } });
    await Promise.all(Array.from({ length: 50 }, (_, i) => outcome(made(`x${i}`), by)));
    expect(issuer.asked).toHaveLength(2);
    now = 10_000;
    await Promise.all(Array.from({ length: 50 }, (_, i) => outcome(made(`y${i}`), by)));
    expect(issuer.asked).toHaveLength(4);
    expect(await outcome(issuer.token({}), by)).toBe('somebody');
  });

  it('serve for an hour, and no longer', async () => {
    const by = verifier();
    await by.verify(issuer.token({}));
    issuer.answer('/keys', (request) => request.destroy());
    now = 3_599_999;
    expect(await outcome(issuer.token({}), by)).toBe('somebody');
    now = 3_600_000;
    expect(await outcome(issuer.token({}), by)).toMatch(/^ERR_ISSUER_UNAVAILABLE: .*try again later/);
  });

  it('are not asked for again right after a failure, which tells outsiders nothing', async () => {
    issuer.answer('discovery', (_, response) => response.writeHead(500).end('secret'));
    const by = verifier();
    expect(await outcome(issuer.token({}), by)).toBe(
      `ERR_ISSUER_UNAVAILABLE: the token cannot be checked now: its issuer ${issuer.url} gives no keys; try again later`,
    );
    now = 9999;
    expect(await outcome(issuer.token({}), by)).toMatch(/^ERR_ISSUER_UNAVAILABLE/);
    expect(issuer.asked).toHaveLength(1);
    expect(warnings).toEqual([expect.stringMatching(/status 500$/)]);
    issuer.answer('discovery', undefined);
    now = 10_000;
    expect(await outcome(issuer.token({}), by)).toBe('somebody');
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['of another issuer', { issuer: 'https://evil.example' }, /about another issuer/],
    ['of the issuer with a slash', { issuer: undefined }, /about another issuer/],
    ['at no URL', { jwks_uri: 'keys' }, /no https jwks_uri/],
    ['at no text', { jwks_uri: 7 }, /no https jwks_uri/],
    ['over http elsewhere', { jwks_uri: 'http://127.0.0.1:9/keys' }, /no https jwks_uri/],
    ['with credentials', { jwks_uri: 'https://a:b@issuer.example/keys' }, /no https jwks_uri/],
    ['in a file', { jwks_uri: 'file:///etc/passwd' }, /no https jwks_uri/],
    [
      'at a private address',
      { jwks_uri: 'https://169.254.169.254/keys' },
      /169\.254\.169\.254 is not a public address/,
    ],
    ['at a private address in brackets', { jwks_uri: 'https://[fd00::1]/keys' }, /fd00::1 is not a public address/],
    ['at a name of a private address', { jwks_uri: 'https://localhost/keys' }, /localhost is not a public address/],
  ])('are not taken %s', async (_, change, why) => {
    issuer.discovery = change;
    expect(await outcome(issuer.token({}), verifier())).toMatch(/^ERR_ISSUER_UNAVAILABLE/);
    expect(warnings).toEqual([expect.stringMatching(why)]);
    expect(issuer.asked).toEqual([discovery]);
  });

  it.each([301, 302, 303, 307, 308])('are not taken from where a redirect of %i leads', async (status) => {
    const redirect = (to: string) =>
      issuer.answer('discovery', (_, response) => {
        response.writeHead(status, { location: to }).end();
      });
    redirect(`${issuer.url}/elsewhere`);
    expect(await outcome(issuer.token({}), verifier())).toMatch(/^ERR_ISSUER_UNAVAILABLE/);
    expect(warnings).toEqual([expect.stringContaining(`status ${status}`)]);
    expect(issuer.asked).toEqual([discovery]);
  });

  it.each<[string, string, RegExp]>([
    ['discovery', 'x'.repeat(64 * 1024 + 1), /over 65536 bytes/],
    ['discovery', '[]', /not answer with an object/],
    ['discovery', '{', /not answer with JSON/],
    ['/keys', 'x'.repeat(256 * 1024 + 1), /over 262144 bytes/],
    ['/keys', '{"keys":{}}', /not a key set/],
    ['/keys', JSON.stringify({ keys: Array(65).fill({}) }), /over 64 keys/],
  ])('are not taken from %s that answers %.20j', async (path, body, why) => {
    issuer.answer(path, (_, response) => response.end(body));
    expect(await outcome(issuer.token({}), verifier())).toMatch(/^ERR_ISSUER_UNAVAILABLE/);
    expect(warnings).toEqual([expect.stringMatching(why)]);
  });

  it('are passed over one by one when they are of no use', async () => {
    const keys = [null, 7, {}, { kty: 'oct', k: 'AAAA', kid: 'ec-1' }, { kty: 'EC', d: 'x', kid: 'ec-1' }];
    issuer.answer('/keys', (_, response) => response.end(JSON.stringify({ keys: [...keys, ...issuer.publicKeys()] })));
    expect(await outcome(issuer.token({}), verifier())).toBe('somebody');
  });

  it('that cannot be used refuse the token, and nothing else', async () => {
    const keys = [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'ec-1' }, ...issuer.publicKeys().slice(0, 1)];
    issuer.answer('/keys', (_, response) => response.end(JSON.stringify({ keys })));
    const by = verifier();
    expect(await outcome(issuer.token({}), by)).toMatch(/^ERR_TOKEN_INVALID: .*its key cannot be used/);
    expect(await outcome(issuer.token({}, { kid: 'rsa-1' }), by)).toBe('somebody');
  });

  it.each(['discovery', '/keys'])('end when %s never answers, or never ends', async (path) => {
    issuer.answer(path, () => undefined);
    expect(await outcome(issuer.token({}), verifier({ fetchMs: 50 }))).toMatch(/^ERR_ISSUER_UNAVAILABLE/);
    issuer.answer(path, (_, response) => {
      response.write('{');
      const timer = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(timer));
    });
    expect(await outcome(issuer.token({}), verifier({ fetchMs: 50 }))).toMatch(/^ERR_ISSUER_UNAVAILABLE/);
    expect(warnings).toEqual([expect.stringMatching(/within 50 ms/), expect.stringMatching(/within 50 ms/)]);
  });

  it('are not taken from a private address unless that is configured', async () => {
    const by = new TokenVerifier([{ issuer: 'https://localhost:1', audience: 'countersign' }], {
      warn: (_, cause) => warnings.push(String(cause)),
    });
    expect(await outcome(issuer.token({ iss: 'https://localhost:1' }), by)).toMatch(/^ERR_ISSUER_UNAVAILABLE/);
    const literal = new TokenVerifier([{ issuer: 'https://127.0.0.1:1', audience: 'countersign' }], {
      warn: (_, cause) => warnings.push(String(cause)),
    });
    expect(await outcome(issuer.token({ iss: 'https://127.0.0.1:1' }), literal)).toMatch(/^ERR_ISSUER_UNAVAILABLE/);
    expect(warnings).toEqual([
      expect.stringContaining('localhost is not a public address'),
      expect.stringContaining('127.0.0.1 is not a public address'),
    ]);
  });
});
