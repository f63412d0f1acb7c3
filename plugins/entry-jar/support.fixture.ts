import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { JsonObject, PkiFormat, PluginApi } from '@countersign/plugin-api';
import { createPluginApi } from '@countersign/plugin-host';
import { compileSchema } from '@countersign/schema';
import { makeFile, makeIdentity, makeInfo } from '../pki-pkcs7/cms.fixture.ts';
import pkcs7 from '../pki-pkcs7/pkcs7.format.ts';
import jar from './jar.handler.ts';
import type { MemberChoices } from './zip.fixture.ts';

const formats: Record<string, PkiFormat> = Object.create(null);
/** The host's, with the one PKI format that this type needs. */
export const api: PluginApi = createPluginApi({
  get(id) {
    const format = formats[id];
    if (format !== undefined) return format;
    throw api.errors.refuse('ERR_UNSUPPORTED', `no PKI format ${JSON.stringify(id)}`);
  },
  ids: () => Object.keys(formats),
});
formats.pkcs7 = pkcs7(api);

export const type = jar(api);
export const context = { now: new Date(0) };

export const readJson = (name: string) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
export const validate = compileSchema(readJson('jar.v0.0.1.schema.json'));

/** What the host does with a spec, up to the message. */
export async function refusal(spec: JsonObject): Promise<{ code: string; message: string }> {
  const issue = validate(spec);
  if (issue !== undefined) return { code: 'ERR_SCHEMA', message: `validation failure list:\n${issue.message}` };
  return type.admit(spec, context).then(
    () => ({ code: 'none', message: 'not refused' }),
    ({ code, message }) => ({ code, message }),
  );
}

/** What becomes of an archive: the code it is refused with, or `none`. */
export async function codeOf(archive: Uint8Array): Promise<string> {
  const { code } = await refusal({ archive: { content: Buffer.from(archive).toString('base64') } });
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
