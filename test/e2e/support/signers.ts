import 'reflect-metadata';
import { createHash, generateKeyPairSync, type KeyObject, sign, webcrypto } from 'node:crypto';
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension, X509CertificateGenerator } from '@peculiar/x509';

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Somebody who signs with a key of their own. */
export class Signer {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;

  constructor(type: 'p256' | 'rsa' = 'p256') {
    const pair =
      type === 'p256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.privateKey = pair.privateKey;
    this.publicKey = pair.publicKey;
  }

  /** The public key, PEM. */
  get pem(): string {
    return this.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  /** SHA-256 of the public key, hex. */
  get fingerprint(): string {
    return createHash('sha256')
      .update(this.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex');
  }

  /** @param file the key as the entry has it */
  hashedrekord(hash: 'sha256' | 'sha384' = 'sha256', file = this.pem): object {
    const artifact = Buffer.from('an artifact');
    const content = sign(hash, artifact, this.privateKey).toString('base64');
    return {
      apiVersion: '0.0.1',
      kind: 'hashedrekord',
      spec: {
        data: { hash: { algorithm: hash, value: createHash(hash).update(artifact).digest('hex') } },
        signature: { content, publicKey: { content: base64(file) } },
      },
    };
  }

  rekord(artifact = 'an artifact'): object {
    const content = sign('sha256', Buffer.from(artifact), this.privateKey).toString('base64');
    const signature = { format: 'x509', content, publicKey: { content: base64(this.pem) } };
    return { apiVersion: '0.0.1', kind: 'rekord', spec: { data: { content: base64(artifact) }, signature } };
  }
}

/** A certificate authority of P-256. */
export class Authority {
  readonly #keys: webcrypto.CryptoKeyPair;
  /** Its own certificate. */
  readonly pem: string;
  readonly #name: string;

  private constructor(name: string, keys: webcrypto.CryptoKeyPair, pem: string) {
    this.#name = name;
    this.#keys = keys;
    this.pem = pem;
  }

  static async make(name: string): Promise<Authority> {
    const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: `CN=${name}`,
      keys,
      signingAlgorithm: ecdsa,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      ],
    });
    return new Authority(name, keys, `${certificate.toString('pem')}\n`);
  }

  /** PEM of a certificate of somebody's key, valid from now on. */
  async certify({ publicKey }: Signer): Promise<string> {
    const der = publicKey.export({ type: 'spki', format: 'der' });
    const certificate = await X509CertificateGenerator.create({
      subject: 'CN=signer',
      issuer: `CN=${this.#name}`,
      publicKey: await webcrypto.subtle.importKey('spki', der, ecdsa, true, ['verify']),
      signingKey: this.#keys.privateKey,
      signingAlgorithm: ecdsa,
      extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)],
    });
    return `${certificate.toString('pem')}\n`;
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
