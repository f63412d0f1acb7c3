import { builtinPlugins, PluginHost } from '@countersign/plugin-host';
import { makers } from './support/makers/index.ts';

let host: PluginHost;
beforeAll(async () => {
  host = await PluginHost.load({ folders: [builtinPlugins] });
});

it.each(Object.entries(makers))('%s', async (_, make) => {
  const bodies = await Promise.all([make(), make()].map((one) => host.admit(Buffer.from(JSON.stringify(one)))));
  expect(new Set(bodies.map(({ body }) => Buffer.from(body).toString())).size).toBe(2);
});
