// The file that the shim maps: see `struct control` in shim.c.
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { endianness } from 'node:os';

export const modes = { 'EIO before': 1, 'EIO after': 2, 'short write': 3, 'ENOSPC before': 4, slow: 5 };

const little = endianness() === 'LE';
const length = 32;

/** Arms and disarms the shim of this process. */
export class FaultControl {
  #fd;

  /** @param {string} path a file outside the folder where things fail */
  constructor(path) {
    this.#fd = openSync(path, 'r+');
  }

  /** From now on operations count, and number `at` (from 1) fails as `mode` says; 0 for none. */
  arm(at = 0, mode = 'EIO before', sticky = false) {
    this.#write([1, at, modes[mode], sticky ? 1 : 0, 0, 0]);
  }

  /** Operations neither count nor fail any more. Says how many there were, and how many failed. */
  disarm() {
    const words = Buffer.alloc(length);
    readSync(this.#fd, words, 0, length, 0);
    this.#write([0, 0, 0, 0, 0, 0]);
    const word = (place) => (little ? words.readUInt32LE(place * 4) : words.readUInt32BE(place * 4));
    return { count: word(4), fired: word(5) };
  }

  close() {
    closeSync(this.#fd);
  }

  #write(words) {
    const bytes = Buffer.alloc(length);
    for (const [place, word] of words.entries()) {
      if (little) bytes.writeUInt32LE(word, place * 4);
      else bytes.writeUInt32BE(word, place * 4);
    }
    writeSync(this.#fd, bytes, 0, length, 0);
  }
}
