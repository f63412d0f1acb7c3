import { readFileSync, statfsSync } from 'node:fs';

const folder = '/dev/shm';
/** A container may have as little as 64 MiB. */
const neededBytes = 2 ** 30;

/**
 * A folder in memory that is large enough for what tests write, and in which a program can be run; undefined where there
 * is none. A test that kills a process loses nothing by it: only the loss of power needs a disk, and nothing here can
 * cause that.
 */
export function memoryFolder() {
  try {
    const { bavail, bsize } = statfsSync(folder);
    const [, options = 'noexec'] = readFileSync('/proc/mounts', 'utf8').match(/^\S+ \/dev\/shm tmpfs (\S+)/m) ?? [];
    return bavail * bsize >= neededBytes && !options.split(',').includes('noexec') ? folder : undefined;
  } catch {
    return undefined;
  }
}
