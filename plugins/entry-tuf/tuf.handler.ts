import type { AdmittedEntry, EntryContext, EntryType, PluginApi } from '@countersign/plugin-api';
import { readHead } from './head.ts';
import { formatProposed, formatStored, parseSpec, type Spec } from './spec.ts';

/**
 * `tuf` 0.0.1: TUF metadata that a root verifies. The root has verified itself; neither has expired at the host's time,
 * also when an entry is admitted again. Everything is stored.
 */
export default function tuf(api: PluginApi): EntryType {
  const { crypto, encoding, pki } = api;

  async function admit(files: Spec, { now }: EntryContext): Promise<AdmittedEntry> {
    const format = pki.get('tuf');
    const signature = await format.parseSignature(files.metadata);
    const key = await format.parseKey(files.root);
    // Metadata carries what it signs.
    const signed = { message: signature.canonical };
    const signers = await format.verify({ signed, signature, keys: [key], at: now });

    const { specVersion } = readHead(key.canonical, api);
    return {
      spec: formatStored({ metadata: signature.canonical, root: key.canonical }, specVersion, api),
      indexKeys: keysOf({ metadata: signature.canonical, root: key.canonical }),
      verifiers: signers.map(({ key: _, ...verifier }) => verifier),
    };
  }

  function keysOf({ metadata, root }: Spec): string[] {
    const { role, version } = readHead(metadata, api);
    const hex = (bytes: Uint8Array) => encoding.toHex(crypto.hash('sha256', bytes));
    return [hex(metadata), role, `${version}`, hex(root)];
  }

  return {
    async propose({ content, publicKey: root }, _options, context) {
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

    async display(spec) {
      const { metadata } = parseSpec(spec, api);
      const { canonical } = await pki.get('tuf').parseSignature(metadata);
      const { role, version } = readHead(canonical, api);
      const digest = `sha256:${encoding.toHex(crypto.hash('sha256', metadata))}`;
      return { title: `TUF ${role} ${version}`, digest };
    },

    /** The signature is the canonical metadata file, the key the canonical root file, and the digest the metadata's. */
    async claims(spec) {
      const { metadata, root } = parseSpec(spec, api);
      const digest = { algorithm: 'sha256', value: crypto.hash('sha256', metadata) } as const;
      return { signatures: [{ signature: metadata, key: root }], digest };
    },
  };
}
