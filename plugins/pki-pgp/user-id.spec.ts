import { limits } from './limits.ts';
import { emailOf } from './user-id.ts';

describe('emailOf', () => {
  it.each([
    ['Name <a@example.test>', 'a@example.test'],
    ['Name (work) <a@example.test>', 'a@example.test'],
    ['Name (a <b@example.test>) <a@example.test>', 'a@example.test'],
    ['<a@example.test>', 'a@example.test'],
    ['a@example.test', 'a@example.test'],
    ['Name < a@example.test > more', 'a@example.test'],
    ['Name <a@example.test', 'a@example.test'],
    ['<A.b+c@Example.test>', 'A.b+c@Example.test'],
    ['<żółć@exämple.test>', 'żółć@exämple.test'],
    ['Name', undefined],
    ['Name ()', undefined],
    ['Name (', undefined],
    ['Name <>', undefined],
    ['Name <a@example>', undefined],
    ['<a@@example.test>', undefined],
    ['<a@example.t3>', undefined],
    ['<a b@example.test>', undefined],
    ['Name (a@example.test)', undefined],
    ['', undefined],
  ])('of %s', (id, email) => {
    expect(emailOf(Buffer.from(id))).toBe(email);
  });

  it('looks at addresses and user ids up to the limits', () => {
    const address = (length: number) => `${'a'.repeat(length - '@example.test'.length)}@example.test`;
    expect(emailOf(Buffer.from(address(limits.addressLength)))).toBeDefined();
    expect(emailOf(Buffer.from(address(limits.addressLength + 1)))).toBeUndefined();
    const id = (length: number) => Buffer.from(`${'a'.repeat(length - '<a@example.test>'.length)}<a@example.test>`);
    expect(emailOf(id(limits.userIdBytes))).toBe('a@example.test');
    expect(emailOf(id(limits.userIdBytes + 1))).toBeUndefined();
  });

  it('takes no long time over anything', () => {
    const worst = Buffer.from(`<a@${'a.'.repeat(limits.addressLength / 2 - 2)}>`);
    const start = process.cpuUsage();
    for (let run = 0; run < 100; run++) emailOf(worst);
    expect(process.cpuUsage(start).user).toBeLessThan(1_000_000);
  });
});
