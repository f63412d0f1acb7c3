import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers a request in place of the issuer. */
export type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** A token's header and claims; text stands as it is, so that it can be what no object can say. */
export interface TokenParts {
  readonly header?: Readonly<Record<string, unknown>> | string;
  readonly claims?: Readonly<Record<string, unknown>> | string;
}

const discoveryPath = '/.well-known/openid-configuration';
/** Made once in a process: it takes a while. */
let rsaKey: KeyObject | undefined;
const algorithms = { rsa: 'RS256', ec: 'ES256' } as const;

/** An OpenID Connect issuer on 127.0.0.1, with real keys, and tokens as a test wants them. */
export class FakeIssuer {
  readonly #server: Server;
  readonly #answers = new Map<string, Answering>();
  #keys: readonly { readonly kid: string; readonly key: KeyObject }[] = [];
  /** The paths it was asked for. */
  readonly asked: string[] = [];
  /** Members of the discovery document that differ. */
  discovery: Readonly<Record<string, unknown>> = {};

  private constructor() {
    this.#server = createServer((request, response) => {
      const path = request.url ?? '';
      this.asked.push(path);
      const answer = this.#answers.get(path);
      if (answer !== undefined) answer(request, response);
      else if (path === discoveryPath) json(response, this.#document());
      else if (path === '/keys') json(response, { keys: this.publicKeys() });
      else response.writeHead(404).end();
    });
  }

  /** Starts one with an RSA key `rsa-1` and an EC key `ec-1`. Close it. */
  static async start(): Promise<FakeIssuer> {
    const issuer = new FakeIssuer();
    issuer.useKeys('rsa-1', 'ec-1');
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  /** Its URL, as it stands in tokens. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Makes new keys and forgets the old ones. A name begins with `rsa`, which all are one key, or `ec`. */
  useKeys(...kids: readonly string[]): void {
    this.#keys = kids.map((kid) => ({
      kid,
      key: kid.startsWith('rsa') ? rsa() : generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    }));
  }

  /** What it publishes, JSON Web Keys. */
  publicKeys(): readonly Readonly<Record<string, unknown>>[] {
    return this.#keys.map(({ kid, key }) => ({ ...createPublicKey(key).export({ format: 'jwk' }), kid, use: 'sig' }));
  }

  /** Answers requests for a path otherwise from now on: `discovery`, `/keys`, or one of its own. */
  answer(path: string, answering: Answering | undefined): void {
    const at = path === 'discovery' ? discoveryPath : path;
    if (answering === undefined) this.#answers.delete(at);
    else this.#answers.set(at, answering);
  }

  /** A token signed with the key of that name. Given whole, claims are taken as they are; otherwise over good ones. */
  token(claims: TokenParts['claims'], { kid = 'ec-1', header }: { kid?: string; header?: TokenParts['header'] } = {}) {
    const key = this.#keys.find((one) => one.kid === kid)?.key;
    if (key === undefined) throw new Error(`no key ${kid}`);
    const alg = algorithms[key.asymmetricKeyType as keyof typeof algorithms];
    const head = typeof header === 'string' ? header : { alg, kid, typ: 'JWT', ...header };
    const body = typeof claims === 'string' ? claims : { ...this.claims(), ...claims };
    const input = signingInput({ header: head, claims: body });
    return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }

  /** Claims that are good for an hour. */
  claims(): Readonly<Record<string, unknown>> {
    const now = Math.floor(Date.now() / 1000);
    return { iss: this.url, sub: 'somebody', aud: 'countersign', iat: now, nbf: now, exp: now + 3600 };
  }

  #document(): Readonly<Record<string, unknown>> {
    return {
      issuer: this.url,
      jwks_uri: `${this.url}/keys`,
      id_token_signing_alg_values_supported: ['RS256', 'ES256'],
      ...this.discovery,
    };
  }

  /** Ends it: connections that are open are cut. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

/** A token that nobody signed: `alg: none`, or an HMAC with whatever `secret` is. */
export function unsignedToken(parts: TokenParts, secret?: string): string {
  const input = signingInput(parts);
  return `${input}.${secret === undefined ? '' : createHmac('sha256', secret).update(input).digest('base64url')}`;
}

function rsa(): KeyObject {
  rsaKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  return rsaKey;
}

function signingInput({ header = {}, claims = {} }: TokenParts): string {
  return [header, claims]
    .map((part) => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url'))
    .join('.');
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
