import { connectionOptions, PostgresConnection, postgresLimits } from './postgres-connection.ts';
import { channel } from './postgres-lease.ts';

/** Listens on a connection of its own, as {@link SharedStorage.listen} says. */
export async function listenTo(url: string, changed: () => void): Promise<() => Promise<void>> {
  const connection = new PostgresConnection(connectionOptions(url), async (client) => {
    client.on('notification', changed);
    await client.query(`LISTEN ${channel}`);
    // What happened while nobody listened.
    changed();
  });
  const connect = (): Promise<void> => connection.run(async () => undefined);
  try {
    await connect();
  } catch (error) {
    await connection.close();
    throw error;
  }
  let connecting = false;
  const poll = setInterval(() => {
    changed();
    if (connection.connected || connecting) return;
    connecting = true;
    // It fails for as long as there is no server: then the next turn tries again.
    void connect()
      .catch(() => undefined)
      .finally(() => {
        connecting = false;
      });
  }, postgresLimits.pollMs);
  return async () => {
    clearInterval(poll);
    await connection.close();
  };
}
