import { clientAddress, parseNetworks } from './client-address.ts';

const { list: proxies } = parseNetworks(['10.0.0.0/8', 'fd00::/8', '192.0.2.7']);

describe('clientAddress', () => {
  it.each<[string, string | undefined, string]>([
    ['1.2.3.4', undefined, '1.2.3.4'],
    ['::ffff:1.2.3.4', undefined, '1.2.3.4'],
    ['2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', undefined, '2001:db8:1:2::/64'],
    ['2001:db8::1', undefined, '2001:db8:0:0::/64'],
    ['::1', undefined, '0:0:0:0::/64'],
    ['1:2:3:4:5:6:1.2.3.4', undefined, '1:2:3:4::/64'],
    ['1::1.2.3.4', undefined, '1:0:0:0::/64'],
    ['fe80::1%eth0', undefined, 'fe80:0:0:0::/64'],
    // Nobody is believed but a trusted proxy.
    ['1.2.3.4', '5.6.7.8', '1.2.3.4'],
    ['192.0.2.8', '5.6.7.8', '192.0.2.8'],
    ['10.0.0.1', '5.6.7.8', '5.6.7.8'],
    ['::ffff:10.0.0.1', '5.6.7.8', '5.6.7.8'],
    ['192.0.2.7', '5.6.7.8', '5.6.7.8'],
    ['fd00::1', '2001:db8:1:2::3', '2001:db8:1:2::/64'],
    // The rightmost that is not trusted: what is left of it was sent by it.
    ['10.0.0.1', '9.9.9.9, 5.6.7.8', '5.6.7.8'],
    ['10.0.0.1', '9.9.9.9, 5.6.7.8, 10.1.1.1', '5.6.7.8'],
    ['10.0.0.1', '10.2.2.2,10.1.1.1', '10.2.2.2'],
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', '5.6.7.8:443', '5.6.7.8'],
    ['10.0.0.1', '[2001:db8:1:2::3]:443', '2001:db8:1:2::/64'],
    // What is no address ends the search at whoever passed it on.
    ['10.0.0.1', '', '10.0.0.1'],
    ['10.0.0.1', 'unknown', '10.0.0.1'],
    ['10.0.0.1', '5.6.7.8, x, 10.1.1.1', '10.1.1.1'],
    ['10.0.0.1', '5.6.7.8,', '10.0.0.1'],
  ])('of %s with %j is %s', (peer, forwardedFor, address) => {
    expect(clientAddress(peer, forwardedFor, proxies)).toBe(address);
  });
});

describe('parseNetworks', () => {
  it.each([
    'x',
    '10.0.0.0/33',
    '::/129',
    '10.0.0/8',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '',
  ])('says that %j is none', (text) => {
    expect(parseNetworks(['10.0.0.0/8', text]).wrong).toBe(text);
  });

  it('takes the largest and the smallest', () => {
    const { list, wrong } = parseNetworks(['0.0.0.0/0', '::1/128']);
    expect(wrong).toBeUndefined();
    expect([list.check('1.1.1.1', 'ipv4'), list.check('::1', 'ipv6'), list.check('::2', 'ipv6')]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
