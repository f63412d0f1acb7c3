import { discoveryUrl } from './issuer.ts';

const of = (issuer: string, privateAddress?: boolean) =>
  discoveryUrl({ issuer, audience: 'log', ...(privateAddress !== undefined && { privateAddress }) }).href;

describe('discoveryUrl', () => {
  it.each([
    ['https://issuer.example', 'https://issuer.example/.well-known/openid-configuration'],
    ['https://issuer.example/', 'https://issuer.example/.well-known/openid-configuration'],
    ['https://issuer.example:8443/realms/a', 'https://issuer.example:8443/realms/a/.well-known/openid-configuration'],
  ])('of %s', (issuer, url) => {
    expect(of(issuer)).toBe(url);
  });

  it.each(['http://127.0.0.1:1', 'http://localhost:1', 'http://[::1]:1'])('takes %s when so configured', (issuer) => {
    expect(of(issuer, true)).toContain(issuer);
    expect(() => of(issuer)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });

  it.each([
    'issuer.example',
    'ftp://issuer.example',
    'http://issuer.example',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'http://10.0.0.1',
    'https://user@issuer.example',
    'https://:pw@issuer.example',
    'https://issuer.example/?',
    'https://issuer.example/?a=b',
    'https://issuer.example/#',
    'https://issuer.example/#a',
  ])('refuses %s', (issuer) => {
    expect(() => of(issuer, true)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });
});
