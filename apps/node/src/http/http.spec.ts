import fc from 'fast-check';
import { negotiate } from './accept.ts';
import { cleanPath } from './clean-path.ts';
import { Methods } from './methods.ts';
import { requestIds } from './request-id.ts';
import type { Instance } from './types.ts';

describe('cleanPath', () => {
  it.each([
    ['/', '/'],
    ['/api/v1/log', '/api/v1/log'],
    ['/api/v1/log/', '/api/v1/log'],
    ['//api///v1/log//', '/api/v1/log'],
    ['/api/./v1/x/../log/.', '/api/v1/log'],
    ['/../../etc', '/etc'],
    ['/a/?x=//../', '/a?x=//../'],
    ['/a?', '/a?'],
    ['//?x', '/?x'],
    ['/.well-known/x', '/.well-known/x'],
    ['/a/...', '/a/...'],
  ])('%s is %s', (target, clean) => {
    expect(cleanPath(target)).toBe(clean);
  });

  it('leaves a clean path as it is', () => {
    const part = fc.constantFrom('a', '.', '..', '', 'b%2f', '...');
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const clean = cleanPath(`/${parts.join('/')}`);
        expect(cleanPath(clean)).toBe(clean);
        expect(clean).toMatch(/^\/$|^(\/(?!\.{0,2}(\/|$))[^/]+)+$/);
      }),
    );
  });
});

describe('negotiate', () => {
  const offers = ['application/x-pem-file', 'application/json'];
  it.each([
    [undefined, offers[0]],
    ['*/*', offers[0]],
    ['application/*', offers[0]],
    ['application/json', offers[1]],
    ['Application/JSON; charset=utf-8', offers[1]],
    ['text/html, application/json;q=0.5', offers[1]],
    ['application/json, application/x-pem-file;q=0.1', offers[0]],
    ['application/json;q=0', undefined],
    ['text/plain', undefined],
    ['text/*', undefined],
    ['garbage', undefined],
    ['', undefined],
    ['app/*', undefined],
  ])('%j takes %s', (header, type) => {
    expect(negotiate(header, offers)).toBe(type);
  });
});

describe('requestIds', () => {
  const next = requestIds();
  const id = (given?: string | string[]) =>
    next({ headers: given === undefined ? {} : { 'x-request-id': given } } as never);

  it('makes ids that differ', () => {
    const ids = Array.from({ length: 1000 }, () => id());
    expect(new Set(ids).size).toBe(1000);
    for (const made of ids) expect(made).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/);
    expect(requestIds()({ headers: {} })).not.toBe(requestIds()({ headers: {} }));
  });

  it('keeps a safe one, and replaces any other', () => {
    expect(id('a-B_9.')).toBe('a-B_9.');
    expect(id('x'.repeat(64))).toHaveLength(64);
    for (const bad of ['', 'x'.repeat(65), 'a b', 'a\n', '"', 'é']) expect(id(bad)).toMatch(/^[0-9a-f]{12}-/);
    expect(id(['a', 'b'])).toMatch(/^[0-9a-f]{12}-/);
  });
});

describe('Methods', () => {
  it('collects what routes of one pattern take', () => {
    const methods = new Methods();
    let route: (facts: { url: string; method: string | string[] }) => void = () => undefined;
    methods.watch({
      addHook: (_: string, hook: typeof route) => {
        route = hook;
      },
    } as unknown as Instance);
    route({ url: '/entries', method: 'POST' });
    route({ url: '/entries', method: ['GET'] });
    route({ url: '/entries/:id', method: 'GET' });
    route({ url: '/entries/retrieve', method: 'POST' });
    expect(methods.allowed('/entries')).toEqual(['GET', 'POST']);
    expect(methods.allowed('/entries/abc')).toEqual(['GET']);
    expect(methods.allowed('/entries/retrieve')).toEqual(['GET', 'POST']);
    expect(methods.allowed('/entries/a/b')).toEqual([]);
    expect(methods.allowed('/')).toEqual([]);
  });
});
