import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { JsonObject } from '@countersign/plugin-api';
import { entryUnderTest } from '@countersign/plugin-host/testing';
import x509 from '../pki-x509/x509.format.ts';
import alpine from './alpine.handler.ts';

interface Spec extends JsonObject {
  readonly package: { readonly content: string };
  readonly publicKey: { readonly content: string };
}

export const entry = entryUnderTest<Spec>({
  folder: new URL('.', import.meta.url),
  kind: 'alpine',
  make: alpine,
  formats: { x509 },
});

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
/** What verifies the packages that {@link makeApk} makes. */
export const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** What becomes of a package: the code it is refused with, or `none`. */
export async function codeOf(file: Uint8Array, key = publicKeyPem): Promise<string> {
  const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64');
  const { code } = await entry.refusal({ package: { content: base64(file) }, publicKey: { content: base64(key) } });
  return code;
}

/** A member as it is written; what is left out follows. */
export interface MemberChoices {
  readonly name: string;
  readonly content?: Uint8Array | string;
  /** `0` is a file. */
  readonly kind?: string;
}

/** Writes a tar archive without its end. */
export function makeTar(members: readonly MemberChoices[]): Buffer {
  return Buffer.concat(
    members.flatMap(({ name, content = '', kind = '0' }) => {
      const bytes = Buffer.from(content);
      const header = Buffer.alloc(512);
      header.write(name, 0);
      header.write('0000644\0'.padEnd(24, '\0'), 100);
      header.write(`${bytes.length.toString(8).padStart(11, '0')}\u000000000000000\u0000        ${kind}`, 124);
      header.write('ustar\u000000', 257);
      const sum = header.reduce((total, byte) => total + byte, 0);
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
    }),
  );
}

const data = gzipSync('any bytes do');
/** A `.PKGINFO` for the data of {@link makeApk}, with these lines before. */
export const pkginfo = (lines = 'pkgname = a\n') =>
  `${lines}datahash = ${createHash('sha256').update(data).digest('hex')}\n`;

/** What a package is made of: each part as it should be, unless told. */
export interface ApkChoices {
  readonly control?: readonly MemberChoices[];
  /** The control archive, compressed. */
  readonly controlFile?: Buffer;
  /** Members beside the signature. */
  readonly beside?: readonly MemberChoices[];
}

/** A signed package. */
export function makeApk({ control, controlFile, beside = [] }: ApkChoices = {}): Buffer {
  const file = controlFile ?? gzipSync(makeTar(control ?? [{ name: '.PKGINFO', content: pkginfo() }]));
  const signature = makeTar([{ name: '.SIGN.RSA.key.rsa.pub', content: sign('sha1', file, privateKey) }, ...beside]);
  return Buffer.concat([gzipSync(signature), file, data]);
}
