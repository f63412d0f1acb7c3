import { hostnameOf, isLoopback, urlHost } from './rules.ts';

describe('hostnameOf', () => {
  it.each([
    [{ host: '0.0.0.0', publicUrl: 'https://log.example:8443/' }, 'log.example'],
    [{ host: '127.0.0.1' }, '127.0.0.1'],
    [{ host: '::1' }, '[::1]'],
  ])('of %j', (config: { host: string; publicUrl?: string }, name) => {
    expect(hostnameOf(config)).toBe(name);
    // Clients look for the name in the URL.
    expect(config.publicUrl ?? `http://${urlHost(config.host)}:3000`).toContain(name);
  });
});

describe('isLoopback', () => {
  it.each([
    '10.0.0.1',
    '0.0.0.0',
    '::',
    'example.com',
    '127.evil.example',
    'localhost.example',
    '::2',
  ])('is not %s', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
