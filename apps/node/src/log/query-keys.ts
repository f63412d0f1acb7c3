import { hash } from '@countersign/crypto';
import { toHex } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import type { Provided } from '@countersign/plugin-host';

/** Makes the canonical bytes of a public key, or refuses it. */
export type CanonicalKey = (format: string, key: Uint8Array) => Promise<Uint8Array>;

/** Turns the public key of a query into what entries are found by. */
export class QueryKeys {
  readonly #formats: readonly string[];
  readonly #canonicalKey: CanonicalKey;

  constructor(provided: readonly Provided[], canonicalKey: CanonicalKey) {
    this.#formats = provided.filter(({ type }) => type === 'pki').map(({ id }) => id);
    this.#canonicalKey = canonicalKey;
  }

  /**
   * The SHA-256 of a key's canonical form, bare hex: what entry types index a key by.
   *
   * @throws `ERR_SCHEMA` 606 when no such format is loaded; what parsing and its limits refuse with
   */
  async indexKey(format: string, key: Uint8Array): Promise<string> {
    if (!this.#formats.includes(format)) {
      // The name twice, as upstream has it.
      const path = 'publicKey.publicKey.format';
      const message = `${path} in body should be one of [${this.#formats.join(' ')}]`;
      throw new CountersignError('ERR_SCHEMA', message, { details: { code: 606, path } });
    }
    return toHex(hash('sha256', await this.#canonicalKey(format, key)));
  }
}
