import fc from 'fast-check';
import { oidcLimits } from './limits.ts';
import { parseToken } from './token.ts';

const b64 = (text: string) => Buffer.from(text).toString('base64url');
const token = (header: string, claims: string, signature = 'AAAA') => `${b64(header)}.${b64(claims)}.${signature}`;

/** What the token is refused with. */
function refusal(text: string): string {
  try {
    parseToken(text);
  } catch (error) {
    expect(error).toMatchObject({ name: 'CountersignError', code: 'ERR_TOKEN_INVALID' });
    return (error as Error).message;
  }
  return 'not refused';
}

describe('parseToken', () => {
  it('takes a token apart', () => {
    const claims = '{"iss":"i","a":{"x":1,"y":[{"x":":"}]},"b":"\\"c\\":{}"}';
    expect(parseToken(token('{"alg":"ES256"}', claims))).toEqual({
      header: { alg: 'ES256' },
      claims: JSON.parse(claims),
    });
  });

  it.each([
    ['', 'not three parts'],
    ['x', 'not three parts'],
    ['.', 'not three parts'],
    ['....', 'not three parts'],
    [`${token('{}', '{}')}.AA.AA`, 'not three parts'],
    ['..', 'its header: malformed JSON'],
    [token('[]', '{}'), 'its header: not an object'],
    [token('{}', 'null'), 'its claims: not an object'],
    [token('{}', '{"a":1'), 'its claims: malformed JSON'],
    [token('{}', '{}', 'A'), 'its signature: malformed base64url'],
    [token('{}', '{}', 'AB'), 'its signature: malformed base64url'],
    [token('{}', '{}', 'AA=='), 'its signature: malformed base64url'],
    [token('{}', '{}', '+/+/'), 'its signature: malformed base64url'],
    [` ${token('{}', '{}')}`, 'its header: malformed base64url'],
    [`${Buffer.from([0xff]).toString('base64url')}.e30.AA`, 'its header: malformed JSON'],
    [token('{"alg":"none","alg":"ES256"}', '{}'), 'its header: a member named twice'],
    [token('{}', '{"iss":"a","sub":":","iss":"b"}'), 'its claims: a member named twice'],
    [token('{}', '{"a":[{"b":1,"\\u0062":2}]}'), 'its claims: a member named twice'],
    [token('{}', '{"__proto__":1,"__proto__":{}}'), 'its claims: a member named twice'],
    [token('{"crit":["exp"]}', '{}'), 'its header has critical extensions'],
    [token('{"b64":false}', '{}'), 'its header has critical extensions'],
    [token('{}', `{"a":${'['.repeat(17)}${']'.repeat(17)}}`), 'its claims: malformed JSON'],
  ])('refuses %j', (text, why) => {
    expect(refusal(text)).toBe(`the token is not valid: ${why}`);
  });

  it('takes as many bytes as the limit, and looks at none of more', () => {
    const base = token('{}', '{"a":""}', '');
    const filled = (length: number) => `${base}${'A'.repeat(length - base.length)}`;
    // A length of base64url with a remainder of one stands for no bytes.
    const longest = oidcLimits.tokenBytes - ((oidcLimits.tokenBytes - base.length) % 4 === 1 ? 1 : 0);
    expect(refusal(filled(longest))).toBe('not refused');
    expect(refusal(filled(oidcLimits.tokenBytes + 1))).toContain(`over ${oidcLimits.tokenBytes} bytes`);
    expect(refusal('.'.repeat(50_000_000))).toContain('bytes');
  });

  it('gives back any claims that were put in, and never fails but with its code', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 });
    fc.assert(
      fc.property(object, (claims) => {
        expect(parseToken(token('{}', JSON.stringify(claims))).claims).toEqual(JSON.parse(JSON.stringify(claims)));
      }),
    );
    const text = fc.string({ unit: fc.constantFrom('.', 'e', '3', '0', '{', '}', '"', '=') });
    fc.assert(fc.property(text, (any) => refusal(any) !== ''));
  });
});
