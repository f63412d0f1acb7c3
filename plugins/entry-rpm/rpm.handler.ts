import type { AdmittedEntry, EntryType, PkiKey, PluginApi } from '@countersign/plugin-api';
import { requireDigests } from './digests.ts';
import { readPackageFile } from './package-file.ts';
import { signersOf } from './signers.ts';
import { formatSpec, parseSpec, type Spec, titleOf } from './spec.ts';
import { storedHeaders } from './stored-headers.ts';

/**
 * `rpm` 0.0.1: a package that carries PGP signatures. It is verified and then forgotten: the canonical entry holds its
 * SHA-256 digest, what it is called, and the key, so it cannot be admitted again.
 *
 * The signatures stay inside the package, so no bundle matches.
 */
export default function rpm(api: PluginApi): EntryType {
  const { crypto, encoding, errors, pki } = api;

  async function admit({ content, digestHex: claimed, publicKey }: Spec): Promise<AdmittedEntry> {
    if (content === undefined) {
      const missing =
        claimed === undefined
          ? `'content' must be specified for package`
          : 'entry not insertable into log: missing package content';
      throw errors.refuse('ERR_ENTRY_INVALID', missing);
    }
    const key = await pki.get('pgp').parseKey(publicKey);
    const digestHex = encoding.toHex(crypto.hash('sha256', content));
    if (claimed !== undefined && claimed !== digestHex) {
      throw errors.refuse('ERR_ENTRY_INVALID', `SHA mismatch: ${digestHex} != ${claimed}`);
    }
    const file = readPackageFile(content, api);
    requireDigests(file, api);
    const signers = await signersOf(file, key, api);
    const headers = storedHeaders(file, api);
    return {
      spec: formatSpec({ digestHex, publicKey: key.canonical }, api, { ...headers }),
      indexKeys: keysOf(key, digestHex),
      verifiers: signers.map(({ key: _, ...verifier }) => verifier),
    };
  }

  function keysOf({ canonical, identities }: PkiKey, digestHex: string): string[] {
    return [encoding.toHex(crypto.hash('sha256', canonical)), ...identities, `sha256:${digestHex}`];
  }

  return {
    async propose({ content, publicKey }) {
      const spec = { content, digestHex: encoding.toHex(crypto.hash('sha256', content)), publicKey };
      // What the log would refuse is refused here, before anything is sent.
      await admit(spec);
      return formatSpec(spec, api);
    },

    async admit(spec) {
      return admit(parseSpec(spec, api));
    },

    async indexKeys(spec) {
      const { digestHex = '', publicKey } = parseSpec(spec, api);
      return keysOf(await pki.get('pgp').parseKey(publicKey), digestHex);
    },

    async display(spec) {
      const { digestHex = '', publicKey } = parseSpec(spec, api);
      const [subject] = (await pki.get('pgp').parseKey(publicKey)).identities;
      return { title: titleOf(spec), digest: `sha256:${digestHex}`, ...(subject !== undefined && { subject }) };
    },

    // The log keeps no signature.
    async claims() {
      return undefined;
    },
  };
}
