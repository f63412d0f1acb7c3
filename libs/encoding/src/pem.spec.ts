import { refusal } from '@countersign/errors/testing';
import fc from 'fast-check';
import { utf8Encode } from './bytes.ts';
import { limits } from './limits.ts';
import { decodePem, encodePem } from './pem.ts';

const key = encodePem('PUBLIC KEY', new Uint8Array(100).fill(7));

describe('PEM (RFC 7468)', () => {
  it('writes 64 columns and a trailing newline', () => {
    const lines = key.split('\n');
    expect(lines.map((line) => line.length)).toEqual([26, 64, 64, 8, 24, 0]);
    expect(lines[0]).toBe('-----BEGIN PUBLIC KEY-----');
    expect(lines[4]).toBe('-----END PUBLIC KEY-----');
  });

  it('brings blocks back, in order, from text and from bytes', () => {
    const label = fc.constantFrom('CERTIFICATE', 'PUBLIC KEY', 'X509 CRL', 'PKCS7', 'X-Y 1');
    fc.assert(
      fc.property(fc.array(fc.tuple(label, fc.uint8Array({ maxLength: 200 })), { minLength: 1 }), (blocks) => {
        const text = blocks.map(([name, der]) => encodePem(name, der)).join('');
        const expected = blocks.map(([name, der]) => ({ label: name, der }));
        expect(decodePem(text)).toEqual(expected);
        expect(decodePem(utf8Encode(text))).toEqual(expected);
      }),
    );
  });

  it.each([
    ['CRLF', key.replaceAll('\n', '\r\n')],
    ['no newline at the end', key.trimEnd()],
    ['blank lines around', `\n\n ${key}\t\n`],
    ['one long line', key.replace(/(\S{64})\n/g, '$1')],
    ['short lines', key.replace(/(\S{8})(?=\S)(?=[A-Z0-9a-z+/=]*\n)/g, '$1\n').replaceAll('-\n', '-')],
  ])('takes %s', (_, text) => {
    expect(decodePem(text)).toEqual(decodePem(key));
  });

  it.each([
    ['nothing', ''],
    ['white space alone', ' \n'],
    ['text before a block', `subject=CN\n${key}`],
    ['text after a block', `${key}trailing`],
    ['text between blocks', `${key}x${key}`],
    ['a byte order mark', `\ufeff${key}`],
    ['a no-break space', `\u00a0${key}`],
    ['another label at the end', key.replace('END PUBLIC', 'END PRIVATE')],
    ['no end', key.slice(0, 80)],
    ['half an end', key.slice(0, -3)],
    ['headers', key.replace('-----\n', '-----\nProc-Type: 4,ENCRYPTED\n\n')],
    ['an empty label', '-----BEGIN -----\nAAAA\n-----END -----\n'],
    ['a label with a newline', '-----BEGIN A\nB-----\nAAAA\n-----END A\nB-----\n'],
    ['a block in a block', key.replace('-----\n', `-----\n${key}`)],
    ['stray bits in the base64', '-----BEGIN A-----\nAB==\n-----END A-----\n'],
    ['missing padding', '-----BEGIN A-----\nAA\n-----END A-----\n'],
    ['lower-case begin', key.replace('BEGIN', 'begin')],
    ['NUL inside', key.replace('BwcH', 'B\0cH')],
  ])('refuses %s', (_, text) => {
    expect(refusal(() => decodePem(text))).toMatch(/^ERR_MALFORMED: /);
  });

  it('takes as many blocks as allowed and not one more', () => {
    const block = encodePem('A', Uint8Array.of(1));
    expect(decodePem(block.repeat(limits.pemBlocks))).toHaveLength(limits.pemBlocks);
    expect(refusal(() => decodePem(block.repeat(limits.pemBlocks + 1)))).toMatch(/^ERR_TOO_LARGE: /);
  });

  it('takes as much text as allowed and not one character more', () => {
    expect(decodePem(key.padEnd(limits.pemBytes))).toHaveLength(1);
    expect(refusal(() => decodePem(key.padEnd(limits.pemBytes + 1)))).toMatch(/^ERR_TOO_LARGE: /);
  });

  it('stays linear on hostile text', () => {
    const hostile = `-----BEGIN ${'A '.repeat(limits.pemBytes / 4)}`;
    const start = process.cpuUsage();
    expect(refusal(() => decodePem(hostile))).toMatch(/^ERR_MALFORMED: /);
    expect(refusal(() => decodePem(`-----BEGIN ${'A'.repeat(1_000_000)}!?-----`))).toMatch(/^ERR_MALFORMED: /);
    expect(process.cpuUsage(start).user).toBeLessThan(2_000_000);
  });
});
