import { limits } from './limits.ts';

const foreign = '\\u00a0-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\uffef';
const atom = `[a-zA-Z0-9!#$%&'*+\\-/=?^_\`{|}~${foreign}]+`;
const letter = `[a-zA-Z${foreign}]`;
const alphanumeric = `[a-zA-Z0-9${foreign}]`;
const domain = `${alphanumeric}(?:[a-zA-Z0-9\\-._~${foreign}]*${alphanumeric})?`;
const lastLabel = `${letter}(?:[a-zA-Z0-9\\-_~${foreign}]*${letter})?`;
const address = new RegExp(`^${atom}(?:\\.${atom})*@${domain}\\.${lastLabel}\\.?$`);

/**
 * The e-mail address in a user id (RFC 9580 §5.11), by convention `Name (Comment) <address>` or
 * the bare address; `undefined` when there is none.
 */
export function emailOf(userId: Uint8Array): string | undefined {
  if (userId.length > limits.userIdBytes) return undefined;
  const id = Buffer.from(userId).toString('utf8');
  const open = id.search(/[(<]/);
  const bracketed = between(id, id[open] === '(' ? afterComment(id, open) : open);
  const name = (open === -1 ? id : id.slice(0, open)).trim();
  const found = bracketed === '' && name.includes('@') ? name : bracketed;
  return found.length <= limits.addressLength && address.test(found) ? found : undefined;
}

/** Where `<` opens after a comment, or -1. */
function afterComment(id: string, open: number): number {
  const close = id.indexOf(')', open + 1);
  return close === -1 ? -1 : id.indexOf('<', close + 1);
}

function between(id: string, open: number): string {
  if (open === -1) return '';
  const close = id.indexOf('>', open + 1);
  return id.slice(open + 1, close === -1 ? id.length : close).trim();
}
