import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ephemeralSigner, keyId, publicKeyPem, type Signer } from '@countersign/crypto';
import { canonicalJson, type JsonObject, parseJson, toBase64, toHex } from '@countersign/encoding';
import {
  buildProof,
  foldNodes,
  type Hash,
  leafHash,
  type Node,
  nodeHash,
  planConsistency,
  planInclusion,
  planRoot,
  signCheckpointV1,
} from '@countersign/merkle';
import type { FoundDisplay, FoundPage, IndexQuery, SearchOperator } from '../index-search.ts';
import { type Serving, serve } from './serve.ts';

/**
 * A transparency log for tests of clients: Rekor's API v1 over a list in memory, with true
 * proofs and signatures. It admits everything. Its history can be rewritten, which no
 * log may do: set {@link leaves} to fork or to shrink it.
 */
export class FakeLog {
  /** The canonical entries, in order. */
  leaves: Uint8Array[] = [];
  /** What the search index has for each entry. */
  indexKeys: (readonly string[])[] = [];
  /** What a search shows of each leaf, by index. */
  displays: readonly (FoundDisplay | null)[] = [];
  /** How far the search index has come; all the way when undefined. */
  indexedTo: number | undefined;
  /** Answers in place of the log when it returns true. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  readonly treeId: string;
  readonly #signer: Signer;
  #serving: Serving | undefined;

  private constructor(signer: Signer, treeId: string) {
    this.#signer = signer;
    this.treeId = treeId;
  }

  /** Starts an empty log. */
  static async start(treeId = '1193050959916656506'): Promise<FakeLog> {
    const log = new FakeLog(await ephemeralSigner('ecdsa-p256'), treeId);
    log.#serving = await serve((request, response, body) => log.#handle(request, response, body));
    return log;
  }

  /** Without a slash at the end. */
  get url(): string {
    return this.#serving?.url ?? '';
  }

  /** `METHOD path` of every request so far. */
  get requests(): readonly string[] {
    return this.#serving?.requests ?? [];
  }

  /** PEM of the log's key. */
  get publicKey(): string {
    return publicKeyPem(this.#signer.publicKey);
  }

  /** Appends entries of no particular kind. */
  grow(count: number): void {
    for (let i = 0; i < count; i++) {
      this.leaves.push(canonicalJson({ apiVersion: '0.0.1', kind: 'test', spec: { number: this.leaves.length } }));
    }
  }

  /** The signed checkpoint of the first `size` entries. */
  checkpoint(size = this.leaves.length): Promise<string> {
    return signCheckpointV1({ hostname: 'log.test', treeId: this.treeId, size, root: this.#root(size) }, this.#signer);
  }

  /** The entry at an index, as the API sends it: a map of one. */
  async entry(index: number): Promise<JsonObject> {
    const size = this.leaves.length;
    const leaf = this.leaves[index] ?? new Uint8Array();
    const fields = {
      body: toBase64(leaf),
      integratedTime: 1_700_000_000 + index,
      logID: toHex(keyId(this.#signer.publicKey)),
      logIndex: index,
    };
    const inclusionProof = {
      checkpoint: await this.checkpoint(),
      hashes: buildProof(planInclusion(index, size), (node) => this.#node(node)).map(toHex),
      logIndex: index,
      rootHash: toHex(this.#root(size)),
      treeSize: size,
    };
    const signedEntryTimestamp = toBase64(await this.#signer.sign(canonicalJson(fields)));
    return { [this.entryId(index)]: { ...fields, verification: { inclusionProof, signedEntryTimestamp } } };
  }

  /** 80 hex digits. */
  entryId(index: number): string {
    const leaf = this.leaves[index] ?? new Uint8Array();
    return BigInt(this.treeId).toString(16).padStart(16, '0') + toHex(leafHash(leaf));
  }

  async close(): Promise<void> {
    await this.#serving?.close();
  }

  async #handle(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    if (this.intercept?.(request, response)) return;
    const url = new URL(request.url ?? '/', this.url);
    const json = (status: number, value: unknown, headers: Record<string, string> = {}) =>
      void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    if (url.pathname.endsWith('/index/retrieve')) return json(200, this.#retrieveIndex(parseJson(body) as IndexQuery));
    if (url.pathname.endsWith('/index/search')) return json(200, this.#search(url.searchParams));
    const path = `${request.method} ${url.pathname.replace('/api/v1/log', '')}`;
    if (path === 'POST /entries') {
      const leaf = canonicalJson(parseJson(body));
      const known = this.#find(toHex(leafHash(leaf)));
      const index = known === -1 ? this.leaves.push(leaf) - 1 : known;
      const location = { location: `${url.pathname}/${this.entryId(index)}` };
      if (known !== -1) return json(409, { code: 409, message: 'an equivalent entry already exists' }, location);
      return json(201, await this.entry(index), location);
    }
    if (path === 'POST /entries/retrieve') return json(200, await this.#retrieve(parseJson(body) as JsonObject));
    if (path === 'GET ') {
      const size = this.leaves.length;
      const rootHash = toHex(this.#root(size));
      const signedTreeHead = await this.checkpoint();
      return json(200, { inactiveShards: null, rootHash, signedTreeHead, treeID: this.treeId, treeSize: size });
    }
    if (path === 'GET /publicKey') {
      return void response.writeHead(200, { 'content-type': 'application/x-pem-file' }).end(this.publicKey);
    }
    if (path === 'GET /proof') {
      const [first, last] = ['firstSize', 'lastSize'].map((name) => Number(url.searchParams.get(name)));
      if (first === undefined || last === undefined || first > last || last > this.leaves.length) {
        return json(400, { code: 400, message: 'no such proof' });
      }
      const hashes = buildProof(planConsistency(first, last), (node) => this.#node(node)).map(toHex);
      return json(200, { rootHash: toHex(this.#root(this.leaves.length)), hashes });
    }
    const asked = url.searchParams.get('logIndex');
    const index = asked === null ? this.#find(url.pathname.slice(-64)) : Number(asked);
    if (this.leaves[index] === undefined) return void response.writeHead(404).end();
    return json(200, await this.entry(index));
  }

  #retrieve({ entryUUIDs = [], logIndexes = [], entries = [] }: JsonObject): Promise<readonly JsonObject[]> {
    const indexes = [
      ...(entryUUIDs as readonly string[]).map((id) => this.#find(id.slice(-64))),
      ...(entries as readonly JsonObject[]).map((entry) => this.#find(toHex(leafHash(canonicalJson(entry))))),
      ...(logIndexes as readonly number[]),
    ];
    return Promise.all(indexes.filter((index) => this.leaves[index] !== undefined).map((index) => this.entry(index)));
  }

  #retrieveIndex({ email, subject, hash, publicKey, operator }: IndexQuery): readonly string[] {
    const key = publicKey && createHash('sha256').update(Buffer.from(publicKey.content, 'base64')).digest('hex');
    const asked = [email, subject, hash, key].filter((criterion) => criterion !== undefined);
    const wanted = asked.map((criterion) => (known: string) => known === criterion.toLowerCase());
    return this.#searchIndex(wanted, operator ?? 'or').map((index) => this.entryId(index));
  }

  /** Keys of PKI formats are not canonicalised here: tests give them as they are. */
  #search(query: URLSearchParams): FoundPage {
    const wanted = [
      ...query.getAll('key').map((key) => (known: string) => known === key.toLowerCase()),
      ...query.getAll('prefix').map((prefix) => (known: string) => known.startsWith(prefix.toLowerCase())),
    ];
    const limit = Number(query.get('limit') ?? 100);
    const before = Number(query.get('before') ?? this.leaves.length);
    const operator = query.get('operator') === 'and' ? 'and' : 'or';
    const found = this.#searchIndex(wanted, operator).filter((index) => index < before);
    const page = found.slice(0, limit);
    return {
      entries: page.map((logIndex) => ({
        uuid: this.entryId(logIndex),
        logIndex,
        integratedTime: 1_700_000_000 + logIndex,
        display: this.displays[logIndex] ?? null,
      })),
      next: found.length > page.length ? (page.at(-1) ?? null) : null,
      indexedTo: this.indexedTo ?? this.leaves.length,
      treeSize: this.leaves.length,
    };
  }

  /** Newest first. */
  #searchIndex(wanted: readonly ((key: string) => boolean)[], operator: SearchOperator): readonly number[] {
    const indexes = [...this.indexKeys.keys()].filter((index) => {
      const has = (matches: (key: string) => boolean) => this.indexKeys[index]?.some(matches) ?? false;
      return operator === 'and' ? wanted.every(has) : wanted.some(has);
    });
    return indexes.slice(0, this.indexedTo).reverse();
  }

  #find(uuid: string): number {
    return this.leaves.findIndex((leaf) => toHex(leafHash(leaf)) === uuid);
  }

  #root(size: number): Hash {
    return foldNodes(planRoot(size).map((node) => this.#node(node)));
  }

  #node({ level, index }: Node): Hash {
    if (level === 0) return leafHash(this.leaves[index] ?? new Uint8Array());
    const left = this.#node({ level: level - 1, index: index * 2 });
    return nodeHash(left, this.#node({ level: level - 1, index: index * 2 + 1 }));
  }
}
