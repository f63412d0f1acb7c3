import { open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CountersignError } from '@countersign/errors';
import { makeFolderDurably, writeDurably } from '../durable-file.ts';
import { errno } from '../errno.ts';
import type { TileStore } from './tile-store.ts';

/** Files are there for everybody: what is in them is public. */
const fileMode = 0o644;

/** Publishes to a folder, which is made when it is not there. Any server of static files can serve it. */
export function directoryStore(folder: string): TileStore {
  let closed = false;
  const place = (path: string): string => {
    if (closed) throw new CountersignError('ERR_SHUTTING_DOWN', `publishing to ${folder} has ended`);
    return join(folder, path);
  };
  return {
    name: `folder ${folder}`,
    async read(path, limit) {
      const file = await open(place(path), 'r').catch((error: unknown) => {
        if (errno(error) === 'ENOENT') return undefined;
        throw error;
      });
      if (file === undefined) return undefined;
      try {
        const { size } = await file.stat();
        if (size > limit) throw new CountersignError('ERR_TOO_LARGE', `${place(path)} is over ${limit} bytes`);
        return await file.readFile();
      } finally {
        await file.close();
      }
    },
    async write(path, bytes) {
      const file = place(path);
      await makeFolderDurably(dirname(file));
      await writeDurably(file, bytes, fileMode);
    },
    async removePartials(paths) {
      for (const path of paths) await rm(`${place(path)}.p`, { recursive: true, force: true });
    },
    close() {
      closed = true;
    },
  };
}
