import { createHash } from 'node:crypto';
import type { Artifact, Takes } from '@countersign/plugin-api';
import { takeArtifact } from './taken.ts';

const content = Buffer.from('content');
const value = createHash('sha256').update(content).digest();
const digest = { algorithm: 'sha256', value } as const;
const [signature, one, two] = ['signature', 'one', 'two'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
const detached: Takes = { artifact: 'content', signature: 'detached', publicKeys: 'one' };
const enclosed: Takes = { artifact: 'content', signature: 'enclosed', publicKeys: 'enclosed' };
const byDigest: Takes = { ...detached, artifact: 'content-or-digest' };
const several: Takes = { ...detached, publicKeys: 'several' };
const whole: Artifact = { content, signature, publicKeys: [one] };
const options = { pkiFormat: 'x509' };

describe('an artifact', () => {
  it.each<[string, Takes, Artifact]>([
    ['whole', detached, whole],
    ['with its digest', detached, { ...whole, digest }],
    ['as a digest', byDigest, { digest, signature, publicKeys: [one] }],
    ['of no bytes, by its digest', byDigest, { ...whole, content: Buffer.of() }],
    ['with two keys', several, { ...whole, publicKeys: [one, two] }],
    ['with everything enclosed', enclosed, { content, publicKeys: [] }],
    ['of a named format', { ...detached, pkiFormats: ['pgp', 'x509'] }, whole],
  ])('is taken %s', (_, takes, artifact) => {
    const taken = takeArtifact('toy', takes, artifact, options);
    expect(taken).toEqual({
      content: Buffer.of(),
      signature: Buffer.of(),
      publicKey: artifact.publicKeys[0] ?? Buffer.of(),
      ...artifact,
    });
  });

  it.each<[string, Takes, Artifact, string]>([
    ['of no bytes', detached, { ...whole, content: Buffer.of() }, 'path to artifact file must be specified'],
    ['that is missing', detached, { signature, publicKeys: [one] }, 'path to artifact file must be specified'],
    ['as a digest', detached, { digest, signature, publicKeys: [one] }, 'path to artifact file must be specified'],
    ['of nothing at all', byDigest, { signature, publicKeys: [one] }, 'an artifact or its digest must be provided'],
    ['of another digest', byDigest, { ...whole, digest: { ...digest, value: one } }, 'not that of the artifact'],
    ['without signature', detached, { content, publicKeys: [one] }, 'a detached signature must be provided'],
    ['with a second signature', enclosed, { content, signature, publicKeys: [] }, 'holds its signature'],
    ['without key', detached, { ...whole, publicKeys: [] }, 'only one public key must be provided'],
    ['with two keys', detached, { ...whole, publicKeys: [one, two] }, 'only one public key must be provided'],
    ['without any key', several, { ...whole, publicKeys: [] }, 'at least one public key must be provided'],
    ['with a second key', enclosed, { content, publicKeys: [one] }, 'holds its key'],
    ['of another format', { ...detached, pkiFormats: ['pgp', 'ssh'] }, whole, 'only be created with pgp or ssh keys'],
  ])('is refused %s', (_, takes, artifact, message) => {
    expect(() => takeArtifact('toy', takes, artifact, options)).toThrow(
      expect.objectContaining({ code: 'ERR_ENTRY_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
