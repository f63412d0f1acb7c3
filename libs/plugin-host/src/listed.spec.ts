import { displayLimits } from '@countersign/plugin-api';
import fc from 'fast-check';
import { listed, listedText } from './listed.ts';

describe('the text of a list', () => {
  it('is as it was, up to the limit, and cut beyond it', () => {
    expect(listedText('hello 1.2-3.noarch', 18)).toBe('hello 1.2-3.noarch');
    expect(listedText('hello 1.2-3.noarch', 17)).toBe('hello 1.2-3.noar…');
    expect(listedText('😀😀😀', 3)).toBe('😀😀😀');
    expect(listedText('😀😀😀', 2)).toBe('😀…');
  });

  it('has no control characters', () => {
    expect(listedText('a\u001b[2J\nb\u202ec\ud800', 20)).toBe('a\ufffd[2J\ufffdb\ufffdc\ufffd');
  });

  it('is one line within its limit, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 1, max: 50 }), (text, most) => {
        const cut = listedText(text, most);
        expect([...cut].length).toBeLessThanOrEqual(most);
        expect(cut).not.toMatch(/\p{C}/u);
        expect(listedText(cut, most)).toBe(cut);
      }),
    );
  });

  it('is title, subject and digest, and nothing else', () => {
    const long = 'x'.repeat(1000);
    const { title, subject, digest, ...more } = listed({
      title: long,
      subject: long,
      digest: long,
      colour: 1,
    } as never);
    expect([title, subject, digest].map((text) => text?.length)).toEqual(Object.values(displayLimits));
    expect(more).toEqual({});
    expect(listed({ title: 'x' })).toEqual({ title: 'x' });
    expect(() => listed({ title: 1 } as never)).toThrow(TypeError);
  });
});
