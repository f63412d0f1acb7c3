import { createHash } from 'node:crypto';
import { CountersignError } from '@countersign/errors';
import { Requesters, type VerifyToken } from './requesters.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const tokens = [
  { name: 'first', sha256: sha256('secret-1') },
  { name: 'second', sha256: sha256('secret-2') },
];

describe('Requesters', () => {
  it('knows nobody without a token, and is not surprised', async () => {
    expect(await new Requesters(tokens, undefined).of(undefined)).toEqual({});
  });

  it.each([
    'Bearer secret-2',
    'bearer secret-2',
    'BEARER   secret-2 ',
  ])('knows a token of the settings: %j', async (header) => {
    expect(await new Requesters(tokens, undefined).of(header)).toEqual({
      requester: { type: 'token', name: 'second' },
    });
  });

  it.each(['Bearer secret-3', 'Bearer secret', `Bearer ${sha256('secret-1')}`])('does not know %j', async (header) => {
    const unauthenticated = 'the token is not one that is known here';
    expect(await new Requesters(tokens, undefined).of(header)).toEqual({ unauthenticated });
  });

  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Basic secret-1',
    'secret-1',
    'Bearer secret-1 secret-2',
    'Bearer "secret-1"',
  ])('finds no token in %j', async (header) => {
    const unauthenticated = 'the Authorization header holds no bearer token';
    expect(await new Requesters(tokens, undefined).of(header)).toEqual({ unauthenticated });
  });

  it('asks for what is not in the settings, and says who it is without the other claims', async () => {
    const asked: string[] = [];
    const verify: VerifyToken = async (token) => {
      asked.push(token);
      return {
        issuer: 'https://i.example',
        subject: 'me',
        email: 'a@b.example',
        emailVerified: true,
        claims: { x: 1 },
      };
    };
    const requesters = new Requesters(tokens, verify);
    expect(await requesters.of('Bearer a.b.c')).toEqual({
      requester: {
        type: 'oidc',
        issuer: 'https://i.example',
        subject: 'me',
        email: 'a@b.example',
        emailVerified: true,
      },
    });
    await requesters.of('Bearer secret-1');
    expect(asked).toEqual(['a.b.c']);
  });

  it.each([
    'ERR_TOKEN_INVALID',
    'ERR_ISSUER_UNAVAILABLE',
  ] as const)('passes on why a token counts for nothing: %s', async (code) => {
    const requesters = new Requesters([], async () => {
      throw new CountersignError(code, 'why');
    });
    expect(await requesters.of('Bearer a.b.c')).toEqual({ unauthenticated: 'why' });
  });

  it('hides no fault of ours', async () => {
    const requesters = new Requesters([], async () => {
      throw new TypeError('bug');
    });
    await expect(requesters.of('Bearer a.b.c')).rejects.toThrow(TypeError);
  });

  it('reads a header of any length in time', async () => {
    const header = `Bearer ${'='.repeat(1_000_000)} ${' '.repeat(1_000_000)}x`;
    expect(await new Requesters(tokens, undefined).of(header)).toHaveProperty('unauthenticated');
  });
});
