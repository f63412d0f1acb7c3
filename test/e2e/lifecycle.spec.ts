import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { checkEntry, type Entry, entryOf, logKey } from './support/entry.ts';
import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { propose } from './support/proposal.ts';

const entries = '/api/v1/log/entries';
const folder = temporaryFolder();

it('keeps everything over a restart: entries, times, key, name; and makes nothing again', async () => {
  const data = `${folder.path()}/restart`;
  const before = await NodeProcess.start({ data });
  expect(before.created).toHaveLength(4);
  const uploaded = entryOf((await post(before.url, entries, propose('kept'))).json);
  const key = await logKey(before.url);
  const { json: state } = await ask(before.url, '/api/v1/log');
  expect(await before.stop()).toBe(0);

  const after = await NodeProcess.start({ data });
  expect(after.created).toEqual([]);
  const { treeID, rootHash, treeSize } = state as Record<string, unknown>;
  expect((await ask(after.url, '/api/v1/log')).json).toMatchObject({ treeID, rootHash, treeSize });
  expect(await logKey(after.url)).toBe(key);
  const entry = entryOf((await ask(after.url, `${entries}?logIndex=1`)).json);
  checkEntry(entry, key);
  const { verification: _, ...fields } = uploaded;
  expect(entry).toMatchObject(fields);
  await after.stop();
  expect(statSync(data).mode & 0o077).toBe(0);
});

it('loses no accepted upload when it is stopped under load', async () => {
  const data = `${folder.path()}/drain`;
  const node = await NodeProcess.start({ data, logging: { level: 'error' } });
  const key = await logKey(node.url);
  const accepted: Entry[] = [];
  let stopped = false;
  const upload = async (client: number): Promise<void> => {
    for (let count = 0; !stopped; count++) {
      const answer = await post(node.url, entries, propose(`${client} ${count}`)).catch(() => undefined);
      // A closed connection is how a client learns that it has to go elsewhere.
      if (answer === undefined) return;
      expect(answer.status).toBe(201);
      accepted.push(entryOf(answer.json));
    }
  };
  const clients = Array.from({ length: 16 }, (_, client) => upload(client));
  while (accepted.length < 50) await ask(node.url, '/ping');
  expect(await node.stop()).toBe(0);
  stopped = true;
  await Promise.all(clients);

  const again = await NodeProcess.start({ data, logging: { level: 'error' } });
  for (const { id, integratedTime } of accepted) {
    const entry = entryOf((await ask(again.url, `${entries}/${id}`)).json);
    checkEntry(entry, key);
    expect(entry.integratedTime).toBe(integratedTime);
  }
  await again.stop();
});

it('finishes an upload that was under way when it was told to stop, and is not ready any more', async () => {
  const node = await NodeProcess.start({ data: `${folder.path()}/finish`, logging: { level: 'error' } });
  const { hostname, port } = new URL(node.url);
  const socket = connect(Number(port), hostname);
  let heard = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    heard += chunk;
  });
  const body = JSON.stringify(propose('half sent'));
  const head = `POST ${entries} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  // The answer to the first request says that the second has been taken up, too.
  socket.write(`GET /ping HTTP/1.1\r\nHost: x\r\n\r\n${head}\r\n\r\n${body.slice(0, 100)}`);
  await once(socket, 'data');

  const exit = node.stop();
  // The port is closed once the stop has begun.
  while (await ask(node.url, '/ping').catch(() => undefined)) await setImmediate();
  socket.write(`${body.slice(100)}GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(socket, 'close');
  expect(heard.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 201', 'HTTP/1.1 503']);
  expect(heard).toMatch(/connection: close.*draining\n$/is);
  expect(await exit).toBe(0);
});

it('is alone on its data', async () => {
  const data = `${folder.path()}/alone`;
  const node = await NodeProcess.start({ data });
  await expect(NodeProcess.start({ data })).rejects.toMatchObject({
    code: 'ERR_DATA_LOCKED',
    message: expect.stringContaining(data),
  });
  expect((await post(node.url, entries, propose('still here'))).status).toBe(201);
  await node.stop();
  await (await NodeProcess.start({ data })).stop();
});

it('says what is wrong when the address is taken, and lets go of its data', async () => {
  const node = await NodeProcess.start({ data: `${folder.path()}/first` });
  const data = `${folder.path()}/second`;
  const port = Number(new URL(node.url).port);
  await expect(NodeProcess.start({ data, port })).rejects.toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message: expect.stringMatching(/cannot listen on 127\.0\.0\.1 port \d+: .*EADDRINUSE/),
  });
  await (await NodeProcess.start({ data })).stop();
  await node.stop();
});

it('leaves entry 0 out when it is told to, and serves an empty log', async () => {
  const node = await NodeProcess.start({ data: `${folder.path()}/empty`, log: { entryZero: false } });
  expect((await ask(node.url, '/api/v1/log')).json).toMatchObject({
    treeSize: 0,
    rootHash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    signedTreeHead: expect.stringContaining('\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n'),
  });
  expect((await ask(node.url, `${entries}?logIndex=0`)).status).toBe(404);
  expect((await ask(node.url, '/api/v1/log/proof?lastSize=1')).status).toBe(400);
  const entry = entryOf((await post(node.url, entries, propose('the very first'))).json);
  expect(entry.logIndex).toBe(0);
  expect(entry.verification.inclusionProof.hashes).toEqual([]);
  await node.stop();
});

it('names a new log after its public URL, for good', async () => {
  const data = `${folder.path()}/named`;
  const first = await NodeProcess.start({ data, dev: false, publicUrl: 'https://log.example:8443' });
  expect((await ask(first.url, '/api/v1/log')).json).toMatchObject({
    signedTreeHead: expect.stringMatching(/^log\.example - \d+\n/),
  });
  expect((await ask(first.url, '/')).text).toContain('https://log.example:8443');
  await first.stop();
  const second = await NodeProcess.start({ data, dev: false, publicUrl: 'https://elsewhere.example' });
  expect((await ask(second.url, '/api/v1/log')).json).toMatchObject({
    signedTreeHead: expect.stringMatching(/^log\.example - \d+\n/),
  });
  await second.stop();
});
