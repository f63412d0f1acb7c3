import type { PluginApi } from '@countersign/plugin-api';
import type { KeyPacket } from './key-packet.ts';
import { keyObjectOf } from './verify-signature.ts';

/**
 * Refuses an Ed25519 key of small order, under which one signature fits many messages, or off the curve. OpenSSL
 * takes both; the host's reader of keys does not. (Signatures of small-order Ed448 keys OpenSSL refuses itself.)
 *
 * @throws `ERR_MALFORMED`
 */
export function refuseSmallOrder({ crypto }: PluginApi, key: KeyPacket): void {
  if (key.spki !== undefined && keyObjectOf(key).asymmetricKeyType === 'ed25519') crypto.parseSpki(key.spki);
}
