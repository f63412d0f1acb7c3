import { createHash } from 'node:crypto';
import type { JsonObject } from '@countersign/plugin-api';
import { entryUnderTest } from '@countersign/plugin-host/testing';
import { makeFile, makeIdentity, makeInfo } from '../pki-pkcs7/cms.fixture.ts';
import pkcs7 from '../pki-pkcs7/pkcs7.format.ts';
import jar from './jar.handler.ts';
import type { MemberChoices } from './zip.fixture.ts';

interface Spec extends JsonObject {
  readonly archive: { readonly content: string; readonly hash: { readonly value: string } };
}

export const entry = entryUnderTest<Spec>({
  folder: new URL('.', import.meta.url),
  kind: 'jar',
  make: jar,
  formats: { pkcs7 },
});

/** What becomes of an archive: the code it is refused with, or `none`. */
export async function codeOf(archive: Uint8Array): Promise<string> {
  const { code } = await entry.refusal({ archive: { content: Buffer.from(archive).toString('base64') } });
  return code;
}

const signer = makeIdentity('signer');
const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('base64');

/** The members of an archive that is signed as it should be. */
export function signMembers(files: readonly MemberChoices[]): readonly MemberChoices[] {
  const sections = files.map(({ name, content = '' }) => `Name: ${name}\r\nSHA-256-Digest: ${sha256(content)}\r\n\r\n`);
  const manifest = `Manifest-Version: 1.0\r\n\r\n${sections.join('')}`;
  const signatureFile = Buffer.from(`Signature-Version: 1.0\r\nSHA-256-Digest-Manifest: ${sha256(manifest)}\r\n\r\n`);
  const block = makeFile([signer.certificate], [makeInfo(signer, signatureFile)]);
  return [
    { name: 'META-INF/MANIFEST.MF', content: Buffer.from(manifest) },
    { name: 'META-INF/A.SF', content: signatureFile },
    { name: 'META-INF/A.EC', content: Buffer.from(block) },
    ...files,
  ];
}
