import { builtinPlugins, findPackages, type LoadOptions } from '@countersign/plugin-host';
import type { NodeConfig } from './node-config.ts';

/**
 * What a node with this configuration loads: the plugins that come along, then folders, then packages.
 *
 * @param folder where packages are looked for, and above it
 * @throws `ERR_PLUGIN_INVALID` when a package is not there
 */
export async function pluginsToLoad(plugins: NodeConfig['plugins'], folder: string): Promise<LoadOptions> {
  const { folders, packages, ...pins } = plugins;
  return { folders: [builtinPlugins, ...folders, ...(await findPackages(packages, folder))], ...pins };
}
