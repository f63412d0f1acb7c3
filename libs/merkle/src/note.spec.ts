import { fromBase64, toBase64 } from '@countersign/encoding';
import * as fc from 'fast-check';
import { maxNoteBytes } from './limits.ts';
import { formatNote, parseNote } from './note.ts';

const malformed = expect.objectContaining({ code: 'ERR_MALFORMED' });
const line = '— example.com/foo Uw2QOkn8srV1yJGh\n';

describe('signed notes (C2SP signed-note)', () => {
  it('reads the example of the specification', () => {
    const text = 'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n';
    const encoded = 'NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=';
    const note = `${text}\n— quasimodo.example/salvatore ${encoded}\n`;
    const bytes = fromBase64(encoded);
    expect(parseNote(note)).toEqual({
      text,
      signatures: [{ name: 'quasimodo.example/salvatore', hint: bytes.subarray(0, 4), signature: bytes.subarray(4) }],
    });
    expect(formatNote(parseNote(note))).toBe(note);
  });

  it('keeps every line, equal ones too', () => {
    expect(parseNote(`text\n\n${line}${line}— other AAAAAAA=\n`).signatures).toHaveLength(3);
  });

  it('round-trips', () => {
    const word = fc.stringMatching(/^[a-zé/.-]{1,20}$/u);
    const signature = fc.record({
      name: word,
      hint: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      signature: fc.uint8Array({ minLength: 1, maxLength: 100 }),
    });
    const note = fc.record({
      text: fc.array(fc.oneof(word, fc.constant('')), { minLength: 1 }).map((lines) => `${lines.join('\n')}\n`),
      signatures: fc.array(signature, { minLength: 1, maxLength: 32 }),
    });
    fc.assert(
      fc.property(note, (plain) => {
        expect(parseNote(formatNote(plain))).toEqual(plain);
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['text alone', 'text\n'],
    ['no signature', 'text\n\n'],
    ['no blank line', `text\n${line}`],
    ['no text', `\n${line}`],
    ['no newline at the end', `text\n\n${line.trimEnd()}`],
    ['a blank line at the end', `text\n\n${line}\n`],
    ['something behind the signatures', `text\n\n${line}more\n`],
    ['a hyphen for the dash', `text\n\n${line.replace('—', '-')}`],
    ['two spaces', `text\n\n${line.replace('— ', '—  ')}`],
    ['no name', 'text\n\n— Uw2QOkn8srV1yJGh\n'],
    ['a plus in the name', `text\n\n${line.replace('foo', 'f+o')}`],
    ['a space in the name', `text\n\n${line.replace('foo', 'f o')}`],
    ['a no-break space in the name', `text\n\n${line.replace('foo', 'f\u00a0o')}`],
    ['an ideographic space in the name', `text\n\n${line.replace('foo', 'f\u3000o')}`],
    ['base64 without padding', 'text\n\n— name AAAAAAA\n'],
    ['base64 with stray bits', 'text\n\n— name AAAAAAB=\n'],
    ['base64url', `text\n\n${line.replace('Uw2Q', 'Uw_Q')}`],
    ['a hint and no signature', 'text\n\n— name AAAAAA==\n'],
    ['three bytes', 'text\n\n— name AAAA\n'],
    ['a carriage return', `text\r\n\n${line}`],
    ['a tab', `te\txt\n\n${line}`],
    ['a NUL', `te\0xt\n\n${line}`],
    ['DEL', `te\x7fxt\n\n${line}`],
    ['a control character in the name', `text\n\n${line.replace('foo', 'f\x07o')}`],
    ['a lone surrogate in the text', `te\ud800xt\n\n${line}`],
    ['a lone surrogate in the name', `text\n\n${line.replace('foo', 'f\udc00o')}`],
    ['DOS line ends', `text\n\n${line}`.replaceAll('\n', '\r\n')],
  ])('refuses %s', (_, note) => {
    expect(() => parseNote(note)).toThrow(malformed);
  });

  it('takes 32 signatures and refuses 33', () => {
    expect(parseNote(`text\n\n${line.repeat(32)}`).signatures).toHaveLength(32);
    expect(() => parseNote(`text\n\n${line.repeat(33)}`)).toThrow(malformed);
    expect(() => parseNote(`text\n\n${line.repeat(3000)}`)).toThrow(malformed);
  });

  it.each(['a', 'é'])('takes 256 KiB in UTF-8 of %j and refuses one byte more', (character) => {
    const rest = maxNoteBytes - Buffer.byteLength(`\n\n${line}`);
    const size = Buffer.byteLength(character);
    const text = character.repeat(Math.floor(rest / size)) + 'a'.repeat(rest % size);
    expect(parseNote(`${text}\n\n${line}`).signatures).toHaveLength(1);
    expect(() => parseNote(`${text}a\n\n${line}`)).toThrow(expect.objectContaining({ code: 'ERR_TOO_LARGE' }));
  });

  it('writes nothing that it would not read', () => {
    const signature = { name: 'name', hint: new Uint8Array(4), signature: new Uint8Array(1) };
    const good = { text: 'text\n', signatures: [signature] };
    expect(formatNote(good)).toBe(`text\n\n— name ${toBase64(new Uint8Array(5))}\n`);
    for (const bad of [
      { ...good, text: 'text' },
      { ...good, text: '' },
      { ...good, text: 'te\rxt\n' },
      { ...good, signatures: [] },
      { ...good, signatures: Array.from({ length: 33 }, () => signature) },
      { ...good, signatures: [{ ...signature, name: '' }] },
      { ...good, signatures: [{ ...signature, name: 'a b' }] },
      { ...good, signatures: [{ ...signature, name: 'a\nb' }] },
      { ...good, signatures: [{ ...signature, hint: new Uint8Array(3) }] },
      { ...good, signatures: [{ ...signature, hint: new Uint8Array(5) }] },
      { ...good, signatures: [{ ...signature, signature: new Uint8Array(0) }] },
    ]) {
      expect(() => formatNote(bad)).toThrow(malformed);
    }
  });
});
