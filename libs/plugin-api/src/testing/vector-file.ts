import type { JsonObject, JsonValue } from '../json.ts';
import type { HashAlgorithm, Signed, Verifier } from '../pki.ts';
import type { Requester } from '../policy.ts';
import type { AdmissionPolicyTest, PolicyCase } from './admission-policy.ts';
import type { EntryTypeTest, EntryVector } from './entry-type.ts';
import type { KeyVector, PkiFormatTest, SignatureVector } from './pki-format.ts';

/** What a vector file says of an entry type: all that {@link testEntryType} takes but the type itself. */
export type EntryVectors = Omit<EntryTypeTest, 'type' | 'validate' | 'runner'>;

/** What a vector file says of a PKI format: all that {@link testPkiFormat} takes but the format itself. */
export type PkiVectors = Omit<PkiFormatTest, 'format' | 'runner'>;

/** What a vector file says of an admission policy: all that {@link testAdmissionPolicy} takes but the policy itself. */
export type PolicyVectors = Pick<AdmissionPolicyTest, 'uses' | 'refused'>;

/** A vector file: what it is about, and its vectors. */
export type VectorFile =
  | { readonly type: 'entry'; readonly id: string; readonly version: string; readonly vectors: EntryVectors }
  | { readonly type: 'pki'; readonly id: string; readonly vectors: PkiVectors }
  | { readonly type: 'policy'; readonly id: string; readonly vectors: PolicyVectors };

/**
 * Reads a vector file of this kit: a JSON object `{"type": "entry", "id", "version", "vectors": [EntryVector…],
 * "foreign", "oversize"?, "storesAll"?, "binds"?, "now"?}`, `{"type": "pki", "id", "keys": [KeyVector…], "signatures":
 * [SignatureVector…], "foreignKey", "oversize"?}` or `{"type": "policy", "id", "uses": [{"settings", "cases":
 * [PolicyCase…]}…], "refused"?: [settings…]}`. Members are named and shaped as in the types, but bytes are
 * base64 and times are RFC 3339.
 *
 * @returns `undefined` when it is a file of another kind
 * @throws Error naming the member that is missing or of another shape
 */
export function readVectorFile(json: unknown): VectorFile | undefined {
  if (!isObject(json)) return undefined;
  const file = new Reader(json, '');
  const type = json.type;
  if (type === 'pki') {
    return { type, id: file.text('id'), vectors: pkiVectors(file) };
  }
  if (type === 'policy') {
    return { type, id: file.text('id'), vectors: policyVectors(file) };
  }
  if (type === 'entry') {
    return { type, id: file.text('id'), version: file.text('version'), vectors: entryVectors(file) };
  }
  return undefined;
}

function entryVectors(file: Reader): EntryVectors {
  return {
    vectors: file.each('vectors', entryVector),
    foreign: file.object('foreign').json as Readonly<Record<string, JsonValue>>,
    ...file.optional('oversize', (name) => file.number(name)),
    ...file.optional('storesAll', (name) => file.flag(name)),
    ...file.optional('binds', (name) => file.flag(name)),
    ...file.optional('now', (name) => file.time(name)),
  };
}

function entryVector(vector: Reader): EntryVector {
  const covered = vector.object('covered');
  return {
    name: vector.text('name'),
    spec: vector.object('spec').json,
    canonical: vector.object('canonical').json,
    indexKeys: vector.texts('indexKeys'),
    covered: Object.fromEntries(
      Object.keys(covered.json).map((path) => [path, covered.oneOf(path, ['base64', 'hex', 'utf8'] as const)]),
    ),
    ...vector.optional('claims', (name) => {
      const claims = vector.object(name);
      return { signature: claims.bytes('signature'), verifier: claims.bytes('verifier'), digest: digest(claims) };
    }),
    ...vector.optional('artifact', (name) => {
      const artifact = vector.object(name);
      return {
        artifact: {
          publicKeys: artifact.texts('publicKeys').map((text) => fromBase64(text, 'publicKeys')),
          ...artifact.optional('content', (member) => artifact.bytes(member)),
          ...artifact.optional('signature', (member) => artifact.bytes(member)),
          ...artifact.optional('digest', () => digest(artifact)),
        },
        options: { pkiFormat: artifact.text('pkiFormat'), ...artifact.optional('aad', (aad) => artifact.bytes(aad)) },
      };
    }),
  };
}

function digest(parent: Reader): { readonly algorithm: HashAlgorithm; readonly value: Uint8Array } {
  const reader = parent.object('digest');
  return { algorithm: reader.oneOf('algorithm', hashes), value: reader.bytes('value') };
}

const hashes = ['sha256', 'sha384', 'sha512'] as const;

function pkiVectors(file: Reader): PkiVectors {
  return {
    keys: file.each('keys', keyVector),
    signatures: file.each('signatures', signatureVector),
    foreignKey: file.bytes('foreignKey'),
    ...file.optional('oversize', (name) => file.number(name)),
  };
}

function keyVector(key: Reader): KeyVector {
  return {
    name: key.text('name'),
    bytes: key.bytes('bytes'),
    canonical: key.bytes('canonical'),
    identities: key.texts('identities'),
    members: key.each('members', (member) => ({
      fingerprint: member.text('fingerprint'),
      algorithm: member.text('algorithm'),
    })),
    ...key.optional('uncovered', (name) => key.numbers(name)),
  };
}

function signatureVector(signature: Reader): SignatureVector {
  const signed = signature.object('signed');
  return {
    name: signature.text('name'),
    bytes: signature.bytes('bytes'),
    canonical: signature.bytes('canonical'),
    key: signature.text('key'),
    signed: ('message' in signed.json
      ? { message: signed.bytes('message') }
      : { digest: signed.bytes('digest'), hash: signed.oneOf('hash', hashes) }) satisfies Signed,
    ...signature.optional('uncovered', (name) => signature.numbers(name)),
  };
}

function policyVectors(file: Reader): PolicyVectors {
  return {
    uses: file.each('uses', (use) => ({ settings: use.object('settings').json, cases: use.each('cases', policyCase) })),
    ...file.optional('refused', (name) => file.each(name, ({ json }) => json)),
  };
}

function policyCase(one: Reader): PolicyCase {
  const entry = one.object('entry');
  return {
    name: one.text('name'),
    entry: {
      kind: entry.text('kind'),
      apiVersion: entry.text('apiVersion'),
      ...entry.optional('spec', (name) => entry.object(name).json),
      ...entry.optional('indexKeys', (name) => entry.texts(name)),
      ...entry.optional('verifiers', (name) => entry.each(name, verifier)),
    },
    decision: one.oneOf('decision', ['allow', 'deny', 'abstain'] as const),
    ...one.optional('reason', (name) => one.text(name)),
    ...one.optional('bytes', (name) => one.number(name)),
    ...one.optional('now', (name) => one.time(name)),
    ...one.optional('request', (name) => {
      const request = one.object(name);
      return {
        // What the node makes is plain data: it is taken as it stands.
        ...request.optional('requester', (member) => request.object(member).json as unknown as Requester),
        ...request.optional('unauthenticated', (member) => request.text(member)),
      };
    }),
  };
}

function verifier(one: Reader): Verifier {
  return {
    fingerprint: one.text('fingerprint'),
    algorithm: one.text('algorithm'),
    identities: one.texts('identities'),
    ...one.optional('hash', (name) => one.oneOf(name, hashes)),
    ...one.optional('certificates', (name) =>
      one.texts(name).map((text, at) => fromBase64(text, `${one.path}.${name}.${at}`)),
    ),
  };
}

/** Reads the members of one object; a refusal names the path. */
class Reader {
  constructor(
    readonly json: JsonObject,
    readonly path: string,
  ) {}

  text(name: string): string {
    return this.#typed(name, 'a string', (value) => typeof value === 'string');
  }

  number(name: string): number {
    return this.#typed(name, 'a number', (value) => typeof value === 'number');
  }

  flag(name: string): boolean {
    return this.#typed(name, 'true or false', (value) => typeof value === 'boolean');
  }

  texts(name: string): readonly string[] {
    return this.#typed(name, 'a list of strings', (value) => isListOf(value, 'string'));
  }

  numbers(name: string): readonly number[] {
    return this.#typed(name, 'a list of numbers', (value) => isListOf(value, 'number'));
  }

  bytes(name: string): Uint8Array {
    return fromBase64(this.text(name), this.#at(name));
  }

  time(name: string): Date {
    const time = new Date(this.text(name));
    return Number.isNaN(time.getTime()) ? malformed(this.#at(name), 'not a time') : time;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    return this.#typed(name, `one of ${values.join(', ')}`, (value) => values.some((each) => each === value));
  }

  object(name: string): Reader {
    return new Reader(this.#typed(name, 'an object', isObject), this.#at(name));
  }

  each<T>(name: string, read: (reader: Reader) => T): [T, ...T[]] {
    const list = this.#typed<JsonObject[]>(
      name,
      'a list of objects',
      (value) => Array.isArray(value) && value.length > 0 && value.every(isObject),
    );
    return list.map((json, index) => read(new Reader(json, `${this.#at(name)}.${index}`))) as [T, ...T[]];
  }

  /** `{[name]: …}` when there is such a member, `{}` when not. */
  optional<N extends string, T>(name: N, read: (name: N) => T): { readonly [name in N]?: T } {
    return name in this.json ? ({ [name]: read(name) } as { readonly [name in N]?: T }) : {};
  }

  #at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  #typed<T>(name: string, what: string, fits: (value: JsonValue | undefined) => boolean): T {
    const value = this.json[name];
    return fits(value) ? (value as T) : malformed(this.#at(name), `not ${what}`);
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOf(value: unknown, type: 'string' | 'number'): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === type);
}

function fromBase64(text: string, path: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : malformed(path, 'not base64');
}

function malformed(path: string, why: string): never {
  throw new Error(`malformed vector file: ${path} is ${why}`);
}
