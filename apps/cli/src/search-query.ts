import { clientLimits, type IndexQuery, type PageQuery } from '@countersign/client';
import { hash } from '@countersign/crypto';
import { toBase64, toHex } from '@countersign/encoding';
import { cliLimits } from './limits.ts';
import type { SearchOptions } from './options.ts';
import { loadPlugins } from './plugins.ts';
import type { LogSession } from './session.ts';
import { usage } from './usage.ts';

/** Entries of a page unless the user says. */
const pageSize = 100;

/** Throws `ERR_CONFIG_INVALID` unless the options say what to look for, in a way that can be searched. */
export function checkSearchOptions(options: SearchOptions): void {
  const { artifact, sha, publicKey = [], email, subject, key = [], prefix = [] } = options;
  if ((artifact ?? sha ?? publicKey[0] ?? email ?? subject ?? key[0] ?? prefix[0]) === undefined) {
    throw usage(
      "either 'sha' or 'artifact' or 'public-key' or 'email' or 'subject' or 'key' or 'prefix' must be specified",
    );
  }
  if (artifact !== undefined && sha !== undefined) throw usage("'sha' stands for the artifact: give one of the two");
  if (publicKey.length > 1) throw usage('only one public key must be provided');
  if (artifact === '-' && publicKey[0] === '-') throw usage('only one thing can be read from standard input');
}

/** Tells whether the search takes what rekor-cli and other logs do not have: keys, prefixes, pages. */
export function isPaged({ key, prefix, limit, before }: SearchOptions): boolean {
  return (key ?? prefix ?? limit ?? before) !== undefined;
}

/** What `index/retrieve` is asked. The log reads the key itself. */
export async function indexQuery(options: SearchOptions, log: LogSession): Promise<IndexQuery> {
  const { email, subject, operator, pkiFormat } = options;
  const digest = await digestOf(options, log);
  const key = await keyOf(options, log);
  return {
    ...(email === undefined ? {} : { email }),
    ...(subject === undefined ? {} : { subject }),
    ...(digest === undefined ? {} : { hash: digest }),
    ...(key === undefined ? {} : { publicKey: { format: pkiFormat, content: toBase64(key) } }),
    ...(operator === undefined ? {} : { operator }),
  };
}

/** The same as index keys, with those named as such: what `index/search` is asked. */
export async function pageQuery(options: SearchOptions, log: LogSession): Promise<PageQuery> {
  const { email, subject, key = [], prefix = [], operator = 'or', limit = pageSize, before } = options;
  const translated = [await digestOf(options, log), await keyHashOf(options, log), email, subject];
  const keys = [...translated.filter((one) => one !== undefined).map((one) => one.toLowerCase()), ...key];
  if (keys.length + prefix.length > cliLimits.searchCriteria) {
    throw usage(`a search takes at most ${cliLimits.searchCriteria} criteria`);
  }
  return { keys, prefixes: prefix, operator, limit, ...(before === undefined ? {} : { before }) };
}

async function digestOf({ sha, artifact }: SearchOptions, log: LogSession): Promise<string | undefined> {
  if (sha !== undefined || artifact === undefined) return sha;
  return `sha256:${toHex(hash('sha256', await log.load(artifact, 'artifact', clientLimits.artifactBytes)))}`;
}

async function keyOf({ publicKey: [source] = [] }: SearchOptions, log: LogSession): Promise<Uint8Array | undefined> {
  return source === undefined ? undefined : log.load(source, 'public key', clientLimits.publicKeyBytes);
}

/** An index has SHA-256 of the canonical key, so it takes the plugin of its format to page by a key. */
async function keyHashOf(options: SearchOptions, log: LogSession): Promise<string | undefined> {
  const key = await keyOf(options, log);
  if (key === undefined) return undefined;
  const { pki } = await loadPlugins(options.pluginFolder);
  if (!pki.ids().includes(options.pkiFormat)) {
    throw usage(
      `no plugin here reads ${options.pkiFormat} keys (there are ${pki.ids().join(', ')}), so --public-key cannot stand beside ` +
        '--key, --prefix, --limit or --before: name a --plugin-folder, or search by the key alone',
    );
  }
  const { canonical } = await pki.get(options.pkiFormat).parseKey(key);
  return toHex(hash('sha256', canonical));
}
