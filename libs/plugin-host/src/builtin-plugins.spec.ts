import { readdirSync, readFileSync } from 'node:fs';
import { builtinPlugins, PluginHost } from './plugin-host.ts';

// Our own plugins through the same door as anyone's: the built files, found, hashed and imported.
const plugins = new URL('../../../plugins/', import.meta.url);

describe('the plugins that come with Countersign', () => {
  it.each(['hashedrekord', 'rekord'])('write the bodies that upstream stored: %s', async (kind) => {
    const vectors = new URL(`entry-${kind}/vectors/accepted/`, plugins);
    const host = await PluginHost.load({ folders: [builtinPlugins] });
    expect(host.pki.ids()).toContain('x509');
    for (const name of readdirSync(vectors)) {
      const { proposal, body, indexKeys } = JSON.parse(readFileSync(new URL(name, vectors), 'utf8'));
      const entry = await host.admit(proposal);
      expect({ body: Buffer.from(entry.body).toString(), indexKeys: entry.indexKeys }).toEqual({ body, indexKeys });
    }
  });
});
