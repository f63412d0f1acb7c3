import { sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { tar, type ZipMember, zip } from './archives.ts';
import { contentType, makeIdentity, signedData } from './cms.ts';
import { clearsign, makePgpKey, signatureType } from './openpgp.ts';
import { base64, fresh, freshName, hash, type Maker, makeKeyPair, proposal } from './proposal.ts';
import { makeRpm } from './rpm.ts';

/** A package of these data, and of `control`, a control archive, unless it is to be made; both are compressed already. */
export function apk(control?: Buffer, data: Buffer = gzipSync(fresh())): ReturnType<Maker> {
  const info = `pkgname = ${freshName()}\npkgver = 1.0-r0\ndatahash = ${hash('sha256', data).toString('hex')}\n`;
  const file = control ?? gzipSync(tar([{ name: '.PKGINFO', content: Buffer.from(info) }]));
  const signature = { name: '.SIGN.RSA.a.rsa.pub', content: sign('sha1', file, apkKey.privateKey) };
  return apkProposal(Buffer.concat([gzipSync(tar([signature])), file, data]));
}

export const apkProposal = (file: Buffer): ReturnType<Maker> =>
  proposal('alpine', { package: { content: base64(file) }, publicKey: { content: apkKey.pem } });

const apkKey = makeKeyPair('rsa');

/** A signed archive of these files; `others` stand in it beside what is signed. */
export function jar(files: readonly ZipMember[], others: readonly ZipMember[] = []): ReturnType<Maker> {
  const digest = (content: string | Uint8Array) => hash('sha256', content).toString('base64');
  const sections = files.map(({ name, content }) => `Name: ${name}\r\nSHA-256-Digest: ${digest(content)}\r\n\r\n`);
  const manifest = `Manifest-Version: 1.0\r\n\r\n${sections.join('')}`;
  const text = Buffer.from(`Signature-Version: 1.0\r\nSHA-256-Digest-Manifest: ${digest(manifest)}\r\n\r\n`);
  return jarProposal(
    zip([
      { name: 'META-INF/MANIFEST.MF', content: Buffer.from(manifest) },
      { name: 'META-INF/A.SF', content: text },
      { name: 'META-INF/A.EC', content: signedData(jarSigner, contentType.data, text, false) },
      ...files,
      ...others,
    ]),
  );
}

export const jarProposal = (file: Buffer): ReturnType<Maker> => proposal('jar', { archive: { content: base64(file) } });

const jarSigner = makeIdentity('a signer');
const pgpKey = makePgpKey('A Packager <packager@example.test>', 1_700_000_000);

/** A package with this payload. */
export function rpm(payload: Buffer = fresh()): ReturnType<Maker> {
  const file = makeRpm(freshName(), payload, (header) => pgpKey.sign(signatureType.binary, header));
  return proposal('rpm', { package: { content: base64(file) }, publicKey: { content: base64(pgpKey.file) } });
}

/** A chart whose Chart.yaml ends in these lines. */
export function helm(lines = ''): ReturnType<Maker> {
  const digest = fresh().toString('hex');
  const text = `apiVersion: v2\nname: hello\nversion: 0.1.0\n${lines}\n...\nfiles:\n  hello-0.1.0.tgz: sha256:${digest}`;
  const content = base64(clearsign(text, pgpKey));
  return proposal('helm', { chart: { provenance: { content } }, publicKey: { content: base64(pgpKey.file) } });
}

/** Packages and charts, by their kinds. */
export const packageMakers: Readonly<Record<string, Maker>> = {
  alpine: () => apk(),
  helm: () => helm(),
  jar: () => jar([{ name: freshName(), content: fresh() }]),
  rpm: () => rpm(),
};
