import type { AdmittedEntry, EntryContext, EntryType, PluginApi } from '@countersign/plugin-api';
import { readHead } from './head.ts';
import { formatProposed, formatStored, parseSpec, type Spec } from './spec.ts';

/**
 * `tuf` 0.0.1: TUF metadata that a root verifies. The root has verified itself; neither has expired at the host's time,
 * also when an entry is admitted again. Everything is stored.
 *
 * `matches` binds the whole: the signature is the canonical metadata file, the key the canonical root file, and the
 * digest the SHA-256 of that metadata file.
 */
export default function tuf(api: PluginApi): EntryType {
  const { crypto, encoding, errors, pki } = api;

  async function admit(files: Spec, { now }: EntryContext): Promise<AdmittedEntry> {
    const format = pki.get('tuf');
    const signature = await format.parseSignature(files.metadata);
    const key = await format.parseKey(files.root);
    // Metadata carries what it signs.
    const signed = { message: signature.canonical };
    const signers = await format.verify({ signed, signature, keys: [key], at: now });

    const { role, version } = readHead(signature.canonical, api);
    const { specVersion } = readHead(key.canonical, api);
    const indexKeys = keysOf({ metadata: signature.canonical, root: key.canonical });
    const [digestHex] = indexKeys;
    return {
      spec: formatStored({ metadata: signature.canonical, root: key.canonical }, specVersion, api),
      indexKeys,
      verifiers: signers.map(({ key: _, ...verifier }) => verifier),
      display: { title: `TUF ${role} ${version}`, digest: `sha256:${digestHex}` },
    };
  }

  function keysOf({ metadata, root }: Spec): string[] {
    const { role, version } = readHead(metadata, api);
    const hex = (bytes: Uint8Array) => encoding.toHex(crypto.hash('sha256', bytes));
    return [hex(metadata), role, `${version}`, hex(root)];
  }

  return {
    async propose({ content, digest, signature, publicKeys }, _options, context) {
      if (content === undefined || content.length === 0) {
        throw errors.refuse('ERR_ENTRY_INVALID', 'path to artifact file must be specified: the metadata');
      }
      if (signature !== undefined) {
        throw errors.refuse('ERR_ENTRY_INVALID', 'TUF metadata carries its signatures: no detached one is taken');
      }
      const [root, ...others] = publicKeys;
      if (root === undefined || others.length > 0) {
        throw errors.refuse('ERR_ENTRY_INVALID', 'only one root file must be provided, as public key');
      }
      if (digest !== undefined && !same(digest.value, crypto.hash(digest.algorithm, content))) {
        throw errors.refuse('ERR_ENTRY_INVALID', 'the digest given is not that of the artifact');
      }
      // What the log would refuse is refused here, before anything is sent.
      const { spec } = await admit({ metadata: content, root }, context);
      return formatProposed(parseSpec(spec, api));
    },

    async admit(spec, context) {
      return admit(parseSpec(spec, api), context);
    },

    async indexKeys(spec) {
      return keysOf(parseSpec(spec, api));
    },

    async matches(spec, { signature, verifier, digest }) {
      const logged = parseSpec(spec, api);
      const difference =
        (!same(logged.metadata, signature) && 'signature') ||
        (!same(logged.root, verifier) && 'key') ||
        (!(digest.algorithm === 'sha256' && same(crypto.hash('sha256', logged.metadata), digest.value)) && 'digest');
      if (difference) {
        throw errors.refuse(
          'ERR_ENTRY_MISMATCH',
          `the log entry's ${difference} is not the one it was checked against`,
        );
      }
    },
  };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
