import { checkClaims } from './claims.ts';
import { oidcLimits } from './limits.ts';

const now = 1_700_000_000;
const skew = oidcLimits.skewSeconds;
const expected = { issuer: 'https://issuer.example', audience: 'log', now };
const good = { iss: 'https://issuer.example', aud: 'log', sub: 'me', iat: now, exp: now + 60 };

/** What the claims are refused with. */
function refusal(change: Record<string, unknown>): string {
  try {
    checkClaims({ ...good, ...change } as never, expected);
  } catch (error) {
    expect(error).toMatchObject({ name: 'CountersignError', code: 'ERR_TOKEN_INVALID' });
    return (error as Error).message;
  }
  return 'taken';
}

describe('checkClaims', () => {
  it('says who it is, with everything that was claimed', () => {
    expect(checkClaims({ ...good, team: 'x' }, expected)).toEqual({
      issuer: 'https://issuer.example',
      subject: 'me',
      claims: { ...good, team: 'x' },
    });
  });

  it.each([
    [
      { email: 'a@b.example', email_verified: true },
      { email: 'a@b.example', emailVerified: true },
    ],
    [
      { email: 'a@b.example', email_verified: 'true' },
      { email: 'a@b.example', emailVerified: true },
    ],
    [
      { email: 'a@b.example', email_verified: false },
      { email: 'a@b.example', emailVerified: false },
    ],
    [
      { email: 'a@b.example', email_verified: 'false' },
      { email: 'a@b.example', emailVerified: false },
    ],
    [{ email: 'a@b.example', email_verified: 1 }, { email: 'a@b.example' }],
    [{ email: 'a@b.example' }, { email: 'a@b.example' }],
    [{ email_verified: true }, {}],
    [{ email: null }, {}],
  ])('reads %j', (change, email) => {
    const { claims: _, ...identity } = checkClaims({ ...good, ...change }, expected);
    expect(identity).toEqual({ issuer: good.iss, subject: 'me', ...email });
  });

  it.each([
    [{ aud: ['log'] }],
    [{ exp: now - skew + 1 }],
    [{ iat: now + skew }],
    [{ nbf: now + skew }],
    [{ sub: 'x'.repeat(oidcLimits.subjectLength) }],
    [{ email: 'x'.repeat(oidcLimits.emailLength) }],
  ])('takes %j', (change) => {
    expect(refusal(change)).toBe('taken');
  });

  it.each([
    [{ iss: 'https://issuer.example/' }, /issuer is not https:\/\/issuer\.example$/],
    [{ iss: undefined }, /issuer/],
    [{ aud: 'other' }, /audience is not "log" alone/],
    [{ aud: [] }, /audience/],
    [{ aud: ['log', 'other'] }, /audience/],
    [{ aud: ['log', 'log'] }, /audience/],
    [{ aud: ['other', 'log'] }, /audience/],
    [{ aud: undefined }, /audience/],
    [{ aud: { 0: 'log', length: 1 } }, /audience/],
    [{ exp: undefined }, /does not say when it expires/],
    [{ exp: String(now + 60) }, /does not say when it expires/],
    [{ exp: now - skew }, /expired 60 s ago/],
    [{ iat: undefined }, /does not say when it was issued/],
    [{ iat: now + skew + 1 }, /issued 61 s from now: is a clock wrong/],
    [{ nbf: now + skew + 1 }, /valid 61 s from now/],
    [{ nbf: 'x' }, /nbf/],
    [{ sub: undefined }, /subject/],
    [{ sub: '' }, /subject/],
    [{ sub: 7 }, /subject/],
    [{ sub: 'x'.repeat(oidcLimits.subjectLength + 1) }, /subject/],
    [{ email: 7 }, /e-mail/],
    [{ email: '' }, /e-mail/],
    [{ email: 'x'.repeat(oidcLimits.emailLength + 1) }, /e-mail/],
  ])('refuses %j', (change, why) => {
    expect(refusal(change)).toMatch(why);
  });
});
