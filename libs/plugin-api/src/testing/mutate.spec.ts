import { at, paths, withValue } from './mutate.ts';

describe('paths', () => {
  const json = { a: [{ b: 'x' }, 'y'], c: { d: null } };

  it('go through objects and arrays', () => {
    expect(paths(json)).toEqual(['a', 'a.0', 'a.0.b', 'a.1', 'c', 'c.d']);
    expect(paths(json).map((path) => at(json, path))).toEqual([json.a, json.a[0], 'x', 'y', json.c, null]);
  });

  it('take another value, or none', () => {
    expect(withValue(json, 'a.0.b', 'z')).toEqual({ ...json, a: [{ b: 'z' }, 'y'] });
    expect(withValue(json, 'a.1', 'z')).toEqual({ ...json, a: [{ b: 'x' }, 'z'] });
    expect(withValue(json, 'a.0', undefined)).toEqual({ ...json, a: ['y'] });
    expect(withValue(json, 'e.f', 1)).toEqual({ ...json, e: { f: 1 } });
  });

  it('end where nothing is', () => {
    expect(at(json, 'a.2')).toBeUndefined();
    expect(at(json, 'a.1.b')).toBeUndefined();
  });
});
