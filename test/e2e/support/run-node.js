// Runs the built node as a process of its own. Settings come as JSON in the first argument, a configuration file may be
// the second; what happens goes back over IPC.
import { loadConfig, startNode } from '../../../apps/node/dist/index.js';

try {
  const { config, folder } = await loadConfig({ flags: JSON.parse(process.argv[2] ?? '{}'), file: process.argv[3] });
  const node = await startNode(config, { folder });
  process.on('SIGTERM', async () => {
    await node.close();
    process.disconnect();
  });
  process.send?.({ url: node.localUrl, publicUrl: node.url, created: node.created });
} catch (error) {
  process.send?.({ code: error.code, message: error.message });
  process.disconnect();
  process.exitCode = 1;
}
