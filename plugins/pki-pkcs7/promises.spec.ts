import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PluginApi } from '@countersign/plugin-api';
import { testPkiFormat } from '@countersign/plugin-api/testing';
import { createPluginApi } from '@countersign/plugin-host';
import { makeFile, makeIdentity } from './cms.fixture.ts';
import pkcs7 from './pkcs7.format.ts';

/** Made by openssl and jarsigner; everything else is what upstream made of it. */
interface Vector {
  readonly name: string;
  /** Base64, as are the canonical forms. */
  readonly file: string;
  readonly message: string;
  readonly key: string;
  readonly identities: readonly string[];
  readonly fingerprint: string;
  readonly algorithm: string;
  readonly signature: string;
  /** One certificate, which signed itself, and nothing that is not signed: every bit of a signature counts. */
  readonly tight?: boolean;
}
const vectors: Vector[] = JSON.parse(readFileSync(new URL('./vectors/files.json', import.meta.url), 'utf8'));
const fromBase64 = (text: string) => Buffer.from(text, 'base64');
const format = pkcs7(createPluginApi({} as PluginApi['pki']));

/**
 * Positions in a file of what its certificate says beside its key. A certificate that was changed there and signed
 * itself before is taken for an authority, which nothing verifies, and its key did certify the signer.
 */
function uncoveredIn(file: Buffer, pem: string): number[] {
  const { raw, publicKey } = new X509Certificate(pem);
  const isPem = file[0] === 0x2d;
  const lines = file.toString('latin1').split('\n').slice(1, -2);
  const der = isPem ? Buffer.from(lines.join(''), 'base64') : file;
  const certificate = der.indexOf(raw);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const key = certificate + raw.indexOf(spki);
  const isUncovered = (at: number) =>
    at >= certificate && at < certificate + raw.length && (at < key || at >= key + spki.length);
  if (!isPem) return [...der.keys()].filter(isUncovered);
  const begin = file.indexOf('\n') + 1;
  const body = [...file.keys()].filter((at) => at >= begin && file[at] !== 0x0a);
  return body.filter((_, index) => [(index * 6) >> 3, (index * 6 + 5) >> 3].some(isUncovered));
}

testPkiFormat('pkcs7', {
  format,
  keys: vectors.map(({ name, file, key, identities, fingerprint, algorithm }) => ({
    name,
    bytes: fromBase64(file),
    canonical: fromBase64(key),
    identities,
    members: [{ fingerprint, algorithm }],
    uncovered: uncoveredIn(fromBase64(file), fromBase64(key).toString()),
  })),
  signatures: vectors.map(({ name, file, message, signature, tight }) => ({
    name,
    key: name,
    bytes: fromBase64(file),
    canonical: fromBase64(signature),
    signed: { message: fromBase64(message) },
    // What else there is, and may change, says README.md.
    uncovered: tight ? [] : [...fromBase64(file).keys()],
  })),
  foreignKey: makeFile([makeIdentity('foreign').certificate], [], { digests: [] }),
});
