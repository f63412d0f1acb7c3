import { createHash } from 'node:crypto';
import { createReadStream, type Dirent, readFileSync, statSync } from 'node:fs';
import { readdir, readlink, realpath } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { limits } from './limits.ts';
import { isInside } from './paths.ts';
import { pluginInvalid } from './refusal.ts';

/**
 * The digest that pins a plugin: SHA-256, hex, over one line for each file in the folder,
 * `<sha256 of its content>  <path>\n`, sorted by path. Nothing is left out, since
 * anything might be loaded. A folder without links has the digest that this prints:
 *
 *     find . -type f -printf '%P\n' | LC_ALL=C sort | xargs sha256sum | sha256sum
 *
 * A link counts with its target's name in place of content, and must stay inside.
 *
 * @throws `ERR_PLUGIN_INVALID`
 */
export async function folderDigest(folder: string): Promise<string> {
  const lines = createHash('sha256');
  let bytes = 0;
  for (const file of await listFiles(folder)) {
    bytes += file.size;
    if (bytes > limits.pluginBytes) throw pluginInvalid(folder, `its files are over ${limits.pluginBytes} bytes`);
    lines.update(`${await file.digest()}  ${file.name}\n`);
  }
  return lines.digest('hex');
}

interface PluginFile {
  /** Relative, with `/`. */
  readonly name: string;
  readonly size: number;
  digest(): Promise<string>;
}

async function listFiles(folder: string): Promise<PluginFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const listed = entries.filter((entry) => !entry.isDirectory());
  if (listed.length > limits.pluginFiles) throw pluginInvalid(folder, `it has over ${limits.pluginFiles} files`);
  const files = await Promise.all(listed.map((entry) => describe(folder, entry)));
  return files.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

async function describe(folder: string, entry: Dirent): Promise<PluginFile> {
  const full = path.join(entry.parentPath, entry.name);
  const name = path.relative(folder, full).replaceAll(path.sep, '/');
  if (/[\r\n]/.test(name)) throw pluginInvalid(folder, 'a file name holds a line break');
  if (entry.isFile()) {
    const { size } = statSync(full);
    return { name, size, digest: () => fileDigest(full, size) };
  }
  if (!entry.isSymbolicLink()) throw pluginInvalid(folder, `${name} is neither a file nor a folder`);
  const target = await realpath(full).catch((cause) => {
    throw pluginInvalid(folder, `${name} is a link to nowhere`, cause);
  });
  if (!isInside(folder, target)) throw pluginInvalid(folder, `${name} links to outside of the folder`);
  const text = await readlink(full);
  return { name, size: 0, digest: async () => createHash('sha256').update(text).digest('hex') };
}

/**
 * Nearly all files are small, and there are hundreds: a stream costs several times what reading one does, and reading
 * one without blocking several times what it costs at once.
 */
async function fileDigest(file: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  if (size <= limits.wholeFileBytes) return hash.update(readFileSync(file)).digest('hex');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
