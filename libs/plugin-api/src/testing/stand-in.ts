import * as node from 'node:crypto';
import { type PluginApi, type PluginErrorCode, pluginErrorCodes } from '../api.ts';
import type { JsonValue } from '../json.ts';
import type { PkiFormat } from '../pki.ts';

/**
 * A {@link PluginApi} for tests that run without a host, over Node's own cryptography.
 *
 * It has what takes a few lines: refusals, encodings but DER, hashes, bare keys, signatures over
 * messages. The rest throws. What a node really does with a plugin, `countersign plugin check` tells.
 *
 * @param formats PKI formats by id; without any there is {@link standInFormat} under `x509`
 */
export function standInApi(formats?: Readonly<Record<string, PkiFormat>>): PluginApi {
  const known = new Map(Object.entries(formats ?? { x509: standInFormat }));
  return {
    errors: { refuse },
    encoding: {
      fromBase64: (text) => strict(text, 'base64'),
      toBase64: (bytes) => Buffer.from(bytes).toString('base64'),
      fromHex: (text) => strict(text.toLowerCase(), 'hex'),
      toHex: (bytes) => Buffer.from(bytes).toString('hex'),
      decodePem,
      encodePem: (label, der) => {
        const lines = Buffer.from(der)
          .toString('base64')
          .replace(/.{64}(?=.)/g, '$&\n');
        return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
      },
      canonicalJson: (value) => Buffer.from(canonical(value)),
      readDer: missing('readDer'),
    },
    crypto: {
      hash: (algorithm, data) => node.createHash(algorithm).update(data).digest(),
      parseSpki: (der) => {
        const key = readKey(der);
        const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
        const curve = { prime256v1: 'p256', secp384r1: 'p384', secp521r1: 'p521' }[namedCurve ?? ''];
        const type = key.asymmetricKeyType;
        const algorithm = type === 'rsa' ? `rsa-${modulusLength}` : type === 'ec' ? `ecdsa-${curve}` : `${type}`;
        return { spki: der, algorithm };
      },
      parseCertificate: missing('parseCertificate'),
      verifyChain: missing('verifyChain'),
      findChain: missing('findChain'),
      verify: ({ spki, algorithm }, signed, signature, { scheme = 'pkcs1' } = {}) => {
        if (!('message' in signed)) return missing('verify over a digest')();
        const { RSA_PKCS1_PSS_PADDING: pss, RSA_PKCS1_PADDING: pkcs1 } = node.constants;
        const padding = algorithm.startsWith('rsa') ? { padding: scheme === 'pss' ? pss : pkcs1 } : {};
        const hash = algorithm === 'ed25519' ? null : (signed.hash ?? 'sha256');
        return node.verify(hash, signed.message, { key: readKey(spki), ...padding }, signature);
      },
    },
    pki: {
      get: (id) => known.get(id) ?? refuseWith('ERR_UNSUPPORTED', `no PKI format ${JSON.stringify(id)}`),
      ids: () => [...known.keys()].sort(),
    },
  };
}

/** A PKI format for tests of entry types: a bare key in PEM, raw signatures over the artifact, as `x509` has them. */
export const standInFormat: PkiFormat = {
  async parseKey(bytes) {
    const { encoding, crypto } = standInApi();
    const [block, ...others] = encoding.decodePem(bytes);
    if (block?.label !== 'PUBLIC KEY' || others.length > 0) return refuseWith('ERR_MALFORMED', 'malformed key');
    const { spki, algorithm } = crypto.parseSpki(block.der);
    return {
      canonical: Buffer.from(encoding.encodePem('PUBLIC KEY', spki)),
      identities: [],
      members: [{ fingerprint: encoding.toHex(crypto.hash('sha256', spki)), algorithm }],
    };
  },
  async parseSignature(bytes) {
    if (bytes.length === 0 || bytes.length > 8192) return refuseWith('ERR_MALFORMED', 'malformed signature');
    return { canonical: bytes };
  },
  async verify({ signed, signature, keys }) {
    const { encoding, crypto } = standInApi();
    const signers = keys.filter(({ canonical }) => {
      const [block] = encoding.decodePem(canonical);
      return block !== undefined && crypto.verify(crypto.parseSpki(block.der), signed, signature.canonical);
    });
    if (signers.length === 0) return refuseWith('ERR_SIGNATURE_INVALID', 'invalid signature');
    return signers.map((key) => ({ ...key.members[0], identities: key.identities, key }));
  },
};

function refuse(code: PluginErrorCode, message: string, cause?: unknown): Error {
  if (!pluginErrorCodes.includes(code)) throw new TypeError(`${code} is no code of a plugin`);
  return Object.assign(new Error(message, { cause }), { code });
}

function refuseWith(code: PluginErrorCode, message: string): never {
  throw refuse(code, message);
}

function missing(what: string): () => never {
  return () => {
    throw new Error(`the stand-in has no ${what}: use \`countersign plugin check\``);
  };
}

/** What Node's decoders would skip over is refused: the text must be what they write. */
function strict(text: string, encoding: 'base64' | 'hex'): Uint8Array {
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : refuseWith('ERR_MALFORMED', `malformed ${encoding}`);
}

function decodePem(file: string | Uint8Array): { label: string; der: Uint8Array }[] {
  const text = typeof file === 'string' ? file : Buffer.from(file).toString('latin1');
  const block = /-----BEGIN ([A-Z0-9 ]+)-----\n([A-Za-z0-9+/=\n]+)-----END \1-----\s*/g;
  if (text.replace(block, '').trim() !== '') refuseWith('ERR_MALFORMED', 'malformed PEM');
  return [...text.matchAll(block)].map(([, label = '', base64 = '']) => ({
    label,
    der: strict(base64.replaceAll('\n', ''), 'base64'),
  }));
}

function readKey(der: Uint8Array): node.KeyObject {
  let key: node.KeyObject;
  try {
    key = node.createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  } catch (cause) {
    throw refuse('ERR_MALFORMED', 'malformed SubjectPublicKeyInfo', cause);
  }
  const written = key.export({ format: 'der', type: 'spki' });
  return written.equals(der) ? key : refuseWith('ERR_MALFORMED', 'malformed SubjectPublicKeyInfo');
}

/** RFC 8785, for values without lone surrogates: JavaScript's own numbers and strings are canonical. */
function canonical(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const members = Object.entries(value as Readonly<Record<string, JsonValue | undefined>>)
    .filter((member): member is [string, JsonValue] => member[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}
