import { nearest } from './nearest.ts';

describe('nearest', () => {
  it.each([
    ['prot', 'port'],
    ['PORT', 'port'],
    ['publicurl', 'publicUrl'],
    ['hots', 'host'],
    ['', 'port'],
  ])('%j is nearest to %s', (word, expected) => {
    expect(nearest(word, ['port', 'publicUrl', 'host'])).toBe(expected);
  });

  it('has nothing to name where there is nothing', () => {
    expect(nearest('a', [])).toBeUndefined();
  });
});
