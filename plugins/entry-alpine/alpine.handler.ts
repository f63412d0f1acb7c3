import type { AdmittedEntry, EntryType, PkiKey, PluginApi } from '@countersign/plugin-api';
import { verifyApk } from './signed-apk.ts';
import { formatSpec, parseSpec, type Spec, titleOf } from './spec.ts';

/**
 * `alpine` 0.0.1: a signed package of Alpine Linux, with the key that signed it. The package is verified and
 * then forgotten: the canonical entry holds its SHA-256 digest and `.PKGINFO`, so it cannot be admitted again.
 */
export default function alpine(api: PluginApi): EntryType {
  const { crypto, encoding, errors, pki } = api;

  async function admit(spec: Spec): Promise<AdmittedEntry> {
    const { content } = spec;
    if (content === undefined) {
      const missing =
        spec.digestHex === undefined
          ? `'content' must be specified for package`
          : 'entry not insertable into log: missing package content';
      throw errors.refuse('ERR_ENTRY_INVALID', missing);
    }
    const key = await pki.get('x509').parseKey(spec.publicKey);
    const digestHex = encoding.toHex(crypto.hash('sha256', content));
    if (spec.digestHex !== undefined && spec.digestHex !== digestHex) {
      throw errors.refuse('ERR_ENTRY_INVALID', `SHA mismatch: ${digestHex} != ${spec.digestHex}`);
    }
    const pkginfo = verifyApk(api, content, key);
    return {
      spec: formatSpec({ digestHex, publicKey: key.canonical }, api, pkginfo),
      indexKeys: keysOf(key, digestHex),
      verifiers: [{ ...key.members[0], identities: key.identities }],
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
      return keysOf(await pki.get('x509').parseKey(publicKey), digestHex);
    },

    async display(spec) {
      const { digestHex = '', publicKey } = parseSpec(spec, api);
      const [subject] = (await pki.get('x509').parseKey(publicKey)).identities;
      return { title: titleOf(spec), digest: `sha256:${digestHex}`, ...(subject !== undefined && { subject }) };
    },

    // The log keeps no signature.
    async claims() {
      return undefined;
    },
  };
}
