// Builds the real clients that test/compat runs, and the tools that some of its cases need: helm, the S3 server and the
// examiner of tiles; with `--upstream` the servers, too, that the bench compares with. Go builds them, with its own
// configuration; Python packages that test/compat reads are installed. All are at the versions pinned in clients.json,
// and go into a folder outside the repository:
//
//   node scripts/install-clients.mjs [--upstream]
//
// A package in Python is installed with pip into a folder of its own, at the versions and hashes in clients.json.
// The folder is COUNTERSIGN_CLIENTS, by default ~/.cache/countersign/clients; a program lies at <name>@<version>/<name>, so
// one that is there already has the right version and is not built again. The bench also needs MariaDB, which Debian
// packages as mariadb-server. Exit codes: 0 all there, 1 a build or a package failed, 3 Go or pip is missing.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const TOOL_MISSING = 3;

/** @typedef {{ name: string, package: string, version: string }} Program */

/** @typedef {{ name: string, version: string, requirements: string[] }} PythonPackage */

/** @type {{ clients: Program[], tools: Program[], python: PythonPackage[], upstream: Program[], schema: { name: string, module: string, file: string, version: string } }} */
const pinned = JSON.parse(readFileSync(new URL('clients.json', import.meta.url), 'utf8'));
const folder = process.env.COUNTERSIGN_CLIENTS ?? join(homedir(), '.cache', 'countersign', 'clients');

/** Where a pinned file belongs. @param {{ name: string, version: string }} item */
const placeOf = ({ name, version }) => join(folder, `${name}@${version}`, name);

/** Builds beside the final place and renames, so that an interrupted build leaves nothing behind. @param {Program} program */
function install(program) {
  const place = placeOf(program);
  const staging = `${dirname(place)}.building`;
  mkdirSync(staging, { recursive: true });
  console.log(`building ${program.name} ${program.version}`);
  execFileSync('go', ['install', `${program.package}@${program.version}`], {
    env: { ...process.env, GOBIN: staging },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  mkdirSync(dirname(place), { recursive: true });
  renameSync(join(staging, program.name), place);
  rmSync(staging, { recursive: true });
}

/** Installs beside the final place and renames, as {@link install} does. @param {PythonPackage} item */
function installPython(item) {
  const place = placeOf(item);
  const staging = `${dirname(place)}.building`;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  console.log(`installing ${item.name} ${item.version}`);
  const requirements = join(staging, 'requirements.txt');
  writeFileSync(requirements, `${item.requirements.join('\n')}\n`);
  const target = join(staging, item.name);
  execFileSync('python3', ['-m', 'pip', 'install', '--quiet', '--target', target, '--requirement', requirements], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  renameSync(staging, dirname(place));
}

/** Copies the database schema out of the module that the servers were built from. */
function installSchema() {
  const { module, version, file } = pinned.schema;
  const listing = execFileSync('go', ['mod', 'download', '-json', `${module}@${version}`], {
    cwd: folder,
    encoding: 'utf8',
  });
  const place = placeOf(pinned.schema);
  mkdirSync(dirname(place), { recursive: true });
  copyFileSync(join(JSON.parse(listing).Dir, file), place);
}

const wantsUpstream = process.argv.includes('--upstream');
/** @param {{ name: string, version: string }} item */
const isMissing = (item) => !existsSync(placeOf(item));
const missing = [...pinned.clients, ...pinned.tools, ...(wantsUpstream ? pinned.upstream : [])].filter(isMissing);
const missingPython = pinned.python.filter(isMissing);
const needsSchema = wantsUpstream && isMissing(pinned.schema);

if (missing.length + missingPython.length === 0 && !needsSchema) {
  console.log(`everything pinned is in ${folder}`);
} else if ((missing.length > 0 || needsSchema) && spawnSync('go', ['version'], { stdio: 'ignore' }).error) {
  const names = missing.map((p) => `${p.name} ${p.version}`).join(', ');
  console.error(`install-clients: Go is not on the PATH and these are missing: ${names}. Install Go 1.26 or newer.`);
  process.exitCode = TOOL_MISSING;
} else {
  mkdirSync(folder, { recursive: true });
  try {
    missing.forEach(install);
    if (needsSchema) installSchema();
    if (
      missingPython.length > 0 &&
      spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status !== 0
    ) {
      console.error('install-clients: Python with pip is not on the PATH; what it would install is left out.');
      process.exitCode = TOOL_MISSING;
    } else {
      missingPython.forEach(installPython);
    }
  } catch (error) {
    console.error(`install-clients: ${error.message}`);
    process.exitCode = 1;
  }
}
