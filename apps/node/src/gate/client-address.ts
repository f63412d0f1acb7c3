import { BlockList, isIP } from 'node:net';

/** The addresses of proxies that say truly whom they ask for. */
export type TrustedProxies = Pick<BlockList, 'check'>;

/**
 * Reads CIDR blocks (RFC 4632 §3.1), or single addresses.
 *
 * @returns the blocks; where one of the texts is none, also that text, and only the blocks before it
 */
export function parseNetworks(texts: readonly string[]): { readonly list: BlockList; readonly wrong?: string } {
  const list = new BlockList();
  for (const text of texts) {
    const [, address = '', digits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
    const version = isIP(address);
    const longest = version === 4 ? 32 : 128;
    const prefix = Number(digits ?? longest);
    if (version === 0 || prefix > longest) return { list, wrong: text };
    list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
  }
  return { list };
}

/**
 * The address that a request is counted under: of the peer, or, while that is a trusted proxy, the one before it in
 * `X-Forwarded-For`, from the right. What stands left of an address that nobody trusts is that one's own invention.
 *
 * @returns an IPv4 address, or the first 64 bits of an IPv6 one: its owner has all the others below
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, trusted: TrustedProxies): string {
  let address = plain(peer) ?? peer;
  for (const hop of forwardedFor?.split(',').reverse() ?? []) {
    if (!isTrusted(address, trusted)) break;
    const before = plain(hop);
    if (before === undefined) break;
    address = before;
  }
  return isIP(address) === 6 ? network(address) : address;
}

function isTrusted(address: string, trusted: TrustedProxies): boolean {
  return trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** An address without port, brackets and zone; an IPv4 address that is written as IPv6 is one. */
function plain(text: string): string | undefined {
  const bare = text
    .trim()
    .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(bare) === 0 ? undefined : bare;
}

/** The first 64 bits of an IPv6 address. */
function network(address: string): string {
  const [left = '', right = ''] = address.split('::').map((half) => half.replace(/\d+\.\d+\.\d+\.\d+$/, '0:0'));
  const before = left === '' ? [] : left.split(':');
  const after = right === '' ? [] : right.split(':');
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
  const first = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${first.join(':')}::/64`;
}
