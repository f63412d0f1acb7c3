import type { Artifact, PluginApi, ProposeOptions } from '@countersign/plugin-api';

/** How each kind calls its file. */
const names = {
  dsse: { one: 'a dsse envelope', the: 'the dsse envelope' },
  intoto: { one: 'an intoto envelope', the: 'the envelope' },
} as const;

/**
 * The envelope file a client has in hand, as text. Refuses with `ERR_ENTRY_INVALID` whatever else is missing or too
 * much for an entry of this kind.
 */
export function envelopeOf(
  kind: keyof typeof names,
  { content, digest, signature, publicKeys }: Artifact,
  { pkiFormat }: ProposeOptions,
  { crypto, errors }: PluginApi,
): string {
  const { one, the } = names[kind];
  const refuse = (why: string) => errors.refuse('ERR_ENTRY_INVALID', why);
  if (pkiFormat !== 'x509') throw refuse(`${kind} entries can only be created with x509 keys`);
  if (content === undefined) throw refuse('path to artifact file must be specified');
  if (signature !== undefined) throw refuse(`${one} holds its signatures: no detached one is taken`);
  if (publicKeys.length === 0) throw refuse('at least one public key must be provided');
  if (digest !== undefined && Buffer.compare(digest.value, crypto.hash(digest.algorithm, content)) !== 0) {
    throw refuse('the digest given is not that of the artifact');
  }
  const envelope = Buffer.from(content).toString('utf8');
  // The log keeps the digest of this text: it must be that of the file.
  if (Buffer.compare(Buffer.from(envelope), content) !== 0) throw refuse(`${the} is not UTF-8`);
  return envelope;
}
