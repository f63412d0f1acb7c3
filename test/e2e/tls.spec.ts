import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';

const folder = temporaryFolder();

it('serves TLS with the given certificate', async () => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      keys,
      name: 'CN=localhost',
      signingAlgorithm: algorithm,
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 3_600_000),
      extensions: [new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
    },
    webcrypto as never,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const tls = { cert: `${folder.path()}/cert.pem`, key: `${folder.path()}/key.pem` };
  writeFileSync(tls.cert, certificate.toString('pem'));
  writeFileSync(tls.key, `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`);

  const node = await NodeProcess.start({ data: `${folder.path()}/data`, tls });
  expect(node.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const text = await new Promise((resolve, reject) => {
    get(`${node.url}/ping`, { ca: certificate.toString('pem'), agent: false }, (response) => {
      response.setEncoding('utf8').once('data', resolve);
    }).on('error', reject);
  });
  expect(text).toBe('.');
  await node.stop();
});

it('does not start without its certificate', async () => {
  const tls = { cert: `${folder.path()}/none.pem`, key: `${folder.path()}/none.pem` };
  await expect(NodeProcess.start({ data: `${folder.path()}/other`, tls })).rejects.toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message: expect.stringContaining('none.pem'),
  });
});
