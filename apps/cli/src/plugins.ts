import { builtinPlugins, PluginHost } from '@countersign/plugin-host';

/** The plugins a command works with: those that come along, and the folders the user named. */
export function loadPlugins(folders: readonly string[] = []): Promise<PluginHost> {
  return PluginHost.load({ folders: [builtinPlugins, ...folders] });
}
