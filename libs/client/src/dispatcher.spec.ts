import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { cryptoProvider, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import { createDispatcher } from './dispatcher.ts';
import { loadInput } from './load-input.ts';
import { RekorClient } from './rekor-client.ts';
import { serve } from './testing/serve.ts';

const ask = async (baseUrl: string, options: Parameters<typeof createDispatcher>[0]) => {
  const dispatcher = createDispatcher(options);
  try {
    const client = new RekorClient({ baseUrl, dispatcher, userAgent: 'test/1', timeout: 5000, retries: 3 });
    return await client.retrieve({});
  } finally {
    await dispatcher.destroy();
  }
};

describe('connections', () => {
  it.each(['http_proxy', 'HTTP_PROXY'])('go through the proxy that %s names', async (name) => {
    const proxy = await serve((_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('[]'),
    );
    try {
      expect(await ask('http://log.example:3000', { env: { [name]: proxy.url } })).toEqual([]);
      expect(proxy.requests).toEqual(['POST http://log.example:3000/api/v1/log/entries/retrieve']);
    } finally {
      await proxy.close();
    }
  });

  it.each([
    ['is a loopback address', undefined],
    ['no_proxy has all', '*'],
  ])('go around the proxy when it %s', async (_why, noProxy) => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('[]'),
    );
    try {
      const env = { http_proxy: 'http://127.0.0.1:1', no_proxy: noProxy };
      expect(await ask(server.url, { env })).toEqual([]);
    } finally {
      await server.close();
    }
  });

  describe('over TLS', () => {
    let server: Server;
    let ca: string;
    let url: string;
    let connections = 0;

    beforeAll(async () => {
      cryptoProvider.set(webcrypto as never);
      const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
      const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const certificate = await X509CertificateGenerator.createSelfSigned({
        name: 'CN=log.test',
        notBefore: new Date(Date.now() - 60_000),
        notAfter: new Date(Date.now() + 3_600_000),
        signingAlgorithm: algorithm,
        keys,
        extensions: [new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
      });
      const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
      ca = certificate.toString('pem');
      server = createServer(
        { cert: ca, key: `-----BEGIN PRIVATE KEY-----\n${key.toString('base64')}\n-----END PRIVATE KEY-----\n` },
        ({ url: path }, response) => {
          if (path === '/down') response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
          else response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
        },
      );
      server.on('connection', () => {
        connections += 1;
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => new Promise((resolve) => server.close(resolve)));

    it('trust a CA that is named', async () => expect(await ask(url, { ca })).toEqual([]));

    it('lead no input to a place without TLS', async () => {
      const dispatcher = createDispatcher({ ca });
      const stdin = (async function* () {})();
      const options = { what: 'artifact', maxBytes: 100, stdin, dispatcher, userAgent: 'test/1' };
      expect(Buffer.from(await loadInput(`${url}/up`, options)).toString()).toBe('[]');
      await expect(loadInput(`${url}/down`, options)).rejects.toMatchObject({
        code: 'ERR_INPUT_UNREADABLE',
        message: expect.stringContaining('redirected from https to http://127.0.0.1:1/'),
      });
      await dispatcher.destroy();
    });

    it('trust no other, and do not try again', async () => {
      const before = connections;
      await expect(ask(url, {})).rejects.toMatchObject({
        code: 'ERR_NETWORK',
        message: expect.stringContaining('certificate is not trusted'),
      });
      expect(connections).toBe(before + 1);
    });
  });
});
