// The install script: compiles verify.c against the headers beside the running node.
// It never fails an installation; without the addon the pure verifier runs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
// src/native-backend.ts looks for this name: an addon made for another Node is not found, rather than loaded.
const addonFile = `verify-${process.platform}-${process.arch}-${process.versions.modules}.node`;
const fallback =
  'Signatures over bare digests will be verified in JavaScript: as strictly, ECDSA about thirty times slower.';

function giveUp(reason) {
  console.warn(`countersign: the native digest verifier was not built: ${reason}. ${fallback}`);
  process.exit(0);
}

function findHeaders() {
  return [process.env.npm_config_nodedir, join(dirname(process.execPath), '..')]
    .filter((root) => root !== undefined && root !== '')
    .map((root) => join(root, 'include', 'node'))
    .find((include) => existsSync(join(include, 'openssl', 'param_build.h')) && isOurs(include));
}

/** Headers of another Node have another OpenSSL. */
function isOurs(include) {
  const file = join(include, 'node_version.h');
  return (
    existsSync(file) && readFileSync(file, 'utf8').includes(`define NODE_MODULE_VERSION ${process.versions.modules}\n`)
  );
}

if (process.env.COUNTERSIGN_NO_NATIVE === '1') giveUp('COUNTERSIGN_NO_NATIVE is 1');
if (process.platform === 'win32') giveUp('it is not made for Windows');
const include = findHeaders();
if (include === undefined) {
  giveUp(
    `no headers of Node ${process.versions.node} with OpenSSL beside ${process.execPath} (npm_config_nodedir=DIR names others)`,
  );
}

const output = join(folder, 'build', addonFile);
const partial = `${output}.${process.pid}`;
mkdirSync(dirname(output), { recursive: true });
// Every symbol is bound when the addon loads, so that one which is missing is a fallback and not a crash.
const link = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : ['-Wl,-z,now', '-Wl,-z,relro'];
const compiler = process.env.CC || 'cc';
const args = ['-shared', '-fPIC', '-O2', '-Wall', '-Wextra', '-fvisibility=hidden', '-fstack-protector-strong'];
const [command, ...words] = compiler.split(' ').filter((word) => word !== '');
const built = spawnSync(
  command,
  [...words, ...args, `-I${include}`, ...link, '-o', partial, join(folder, 'verify.c')],
  {
    encoding: 'utf8',
  },
);
if (built.error !== undefined || built.status !== 0) {
  rmSync(partial, { force: true });
  giveUp(`${compiler} said: ${(built.error?.message ?? built.stderr).trim()}`);
}
renameSync(partial, output);
