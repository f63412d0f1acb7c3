import { withoutExplanatoryText } from './pem-blocks.ts';

const block = '-----BEGIN X-----\nAAAA\n-----END X-----';

describe('withoutExplanatoryText', () => {
  it('leaves blocks as they are', () => {
    expect(withoutExplanatoryText(`${block}\n`)).toBe(`${block}\n\n`);
    expect(withoutExplanatoryText(block)).toBe(`${block}\n`);
  });

  it('drops text before each block', () => {
    expect(withoutExplanatoryText(`a\n b: -----BEGIN\n${block}\nc\n${block}`)).toBe(`${block}\n${block}\n`);
  });

  it('keeps text after the last block, and a block that does not end', () => {
    expect(withoutExplanatoryText(`${block}\nafter`)).toBe(`${block}\n\nafter`);
    expect(withoutExplanatoryText('before\n-----BEGIN X-----\nAAAA')).toBe('-----BEGIN X-----\nAAAA');
    expect(withoutExplanatoryText('nothing')).toBe('nothing');
  });

  it('takes time in proportion to the file', () => {
    const started = process.cpuUsage();
    withoutExplanatoryText('-----BEGIN X-----\n'.repeat(7000));
    withoutExplanatoryText(`${block}\n`.repeat(3000));
    expect(process.cpuUsage(started).user).toBeLessThan(1_000_000);
  });
});
