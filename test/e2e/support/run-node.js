// Runs the built node as a process of its own. Settings come as JSON in the first argument, a configuration file may be
// the second; what happens goes back over IPC.
import { loadConfig, startNode } from '../../../apps/node/dist/index.js';

try {
  const { config, folder } = await loadConfig({ flags: JSON.parse(process.argv[2] ?? '{}'), file: process.argv[3] });
  const node = await startNode(config, { folder });
  // A suite that broke off leaves no node behind; one that was asked to stop ends by itself.
  const abandoned = () => process.exit(1);
  process.on('disconnect', abandoned);
  process.on('SIGTERM', async () => {
    await node.close();
    process.off('disconnect', abandoned);
    process.disconnect();
  });
  process.send?.({ url: node.localUrl, publicUrl: node.url, created: node.created });
} catch (error) {
  process.send?.({ code: error.code, message: error.message });
  process.disconnect();
  process.exitCode = 1;
}
