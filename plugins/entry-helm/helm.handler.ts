import type { AdmittedEntry, EntryType, PkiKey, PluginApi } from '@countersign/plugin-api';
import { readProvenance } from './provenance.ts';
import { formatProposed, formatStored, type Proposed, parseProposed, parseStored } from './spec.ts';

/**
 * `helm` 0.0.1: a chart, by the provenance file beside it. The file is verified and then forgotten: the canonical entry
 * holds the digest of the chart, the signature and the key, so it cannot be admitted again. The chart itself is not
 * looked at.
 */
export default function helm(api: PluginApi): EntryType {
  const { crypto, encoding, pki } = api;

  async function admit({ provenance, publicKey }: Proposed): Promise<AdmittedEntry> {
    const format = pki.get('pgp');
    const key = await format.parseKey(publicKey);
    const { signature, message, chart } = await readProvenance(provenance, api);
    const signers = await format.verify({ signed: { message }, signature, keys: [key] });

    const { digestHex } = chart;
    return {
      spec: formatStored({ digestHex, signature: signature.canonical, publicKey: key.canonical }, api),
      indexKeys: keysOf(key, digestHex),
      verifiers: signers.map(({ key: _, ...verifier }) => verifier),
    };
  }

  function keysOf({ canonical, identities }: PkiKey, digestHex: string): string[] {
    return [encoding.toHex(crypto.hash('sha256', canonical)), ...identities, `sha256:${digestHex}`];
  }

  return {
    async propose({ content, publicKey }) {
      const spec = { provenance: content, publicKey };
      // What the log would refuse is refused here, before anything is sent.
      await admit(spec);
      return formatProposed(spec, api);
    },

    async admit(spec) {
      return admit(parseProposed(spec, api));
    },

    async indexKeys(spec) {
      const { digestHex, publicKey } = parseStored(spec, api);
      return keysOf(await pki.get('pgp').parseKey(publicKey), digestHex);
    },

    /** The log does not keep the chart's name. */
    async display(spec) {
      const { digestHex, publicKey } = parseStored(spec, api);
      const [subject] = (await pki.get('pgp').parseKey(publicKey)).identities;
      return { title: 'Helm chart', digest: `sha256:${digestHex}`, ...(subject !== undefined && { subject }) };
    },

    /** The armored signature, the canonical key file, and the chart's digest. */
    async claims(spec) {
      const { digestHex, signature, publicKey } = parseStored(spec, api);
      const digest = { algorithm: 'sha256', value: encoding.fromHex(digestHex) } as const;
      return { signatures: [{ signature, key: publicKey }], digest };
    },
  };
}
