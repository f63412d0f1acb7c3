import { open } from 'node:fs/promises';
import { CountersignError, hasCode } from '@countersign/errors';
import { type Dispatcher, request } from 'undici';
import { type OnProgress, readCapped } from './body.ts';
import { textOf } from './caught.ts';
import { clientLimits } from './limits.ts';
import { networkError } from './network-error.ts';

/** What {@link loadInput} may use. */
export interface InputOptions {
  /** What it is, for messages: `artifact`, `signature`, `public key`, `entry`. */
  readonly what: string;
  readonly maxBytes: number;
  /** Read for the source `-`. */
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly dispatcher: Dispatcher;
  readonly userAgent: string;
  /** Milliseconds for a whole download. */
  readonly timeout?: number;
  readonly onProgress?: OnProgress;
}

/** Tells an http(s) address from a path. */
export function isAddress(source: string): boolean {
  return /^https?:\/\//i.test(source);
}

/**
 * Loads what a person named on the command line: a path, `-` for the standard input, or an
 * http(s) address. An address is fetched by this client, never by a log; redirects are followed
 * a few times, also to other hosts, but never from https to http.
 *
 * @throws `ERR_INPUT_UNREADABLE` when there is no such file or the server refuses,
 *   `ERR_TOO_LARGE` over `maxBytes`, `ERR_NETWORK` when a server cannot be reached
 */
export async function loadInput(source: string, options: InputOptions): Promise<Uint8Array> {
  if (source === '-') {
    return readCapped(options.stdin, options.maxBytes, `the ${options.what} on standard input`, options.onProgress);
  }
  if (isAddress(source)) return download(source, options);
  return readFileCapped(source, options);
}

async function readFileCapped(path: string, { what, maxBytes, onProgress }: InputOptions): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      return await readCapped(file.createReadStream({ autoClose: false }), maxBytes, `the ${what} ${path}`, (done) =>
        onProgress?.(done, size),
      );
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (hasCode(cause)) throw cause;
    throw unreadable(`the ${what} ${path}`, describeFileError(textOf(cause, 'code') ?? String(cause)), cause);
  }
}

async function download(source: string, options: InputOptions): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(options.timeout ?? clientLimits.inputTimeout);
  const what = `the ${options.what} at ${source}`;
  if (!URL.canParse(source)) throw unreadable(what, 'not an address');
  let url = new URL(source);
  for (let hops = 0; hops <= clientLimits.inputRedirects; hops++) {
    const answer = await fetchOnce(url, what, options, signal);
    if (answer instanceof Uint8Array) return answer;
    if (url.protocol === 'https:' && answer.protocol !== 'https:') {
      throw unreadable(what, `redirected from https to ${answer.href}`);
    }
    url = answer;
  }
  throw unreadable(what, `more than ${clientLimits.inputRedirects} redirects`);
}

/** The content, or where it is to be looked for next. */
async function fetchOnce(
  url: URL,
  what: string,
  { dispatcher, userAgent, maxBytes, onProgress }: InputOptions,
  signal: AbortSignal,
): Promise<Uint8Array | URL> {
  try {
    const response = await request(url, { dispatcher, signal, headers: { 'user-agent': userAgent, accept: '*/*' } });
    if (response.statusCode === 200) {
      const size = /^\d{1,15}$/.exec(String(response.headers['content-length']))?.[0];
      const total = size === undefined ? undefined : Number(size);
      return await readCapped(response.body, maxBytes, what, (done) => onProgress?.(done, total));
    }
    // Unread, and nobody waits for how that ends.
    response.body.on('error', () => {}).destroy();
    const { location } = response.headers;
    if ([301, 302, 303, 307, 308].includes(response.statusCode) && typeof location === 'string') {
      const next = URL.canParse(location, url.href) ? new URL(location, url.href) : undefined;
      if (next?.protocol === 'http:' || next?.protocol === 'https:') return next;
      throw unreadable(what, 'redirected to something that is no http(s) address');
    }
    throw unreadable(what, `${url.origin} answered ${response.statusCode}`);
  } catch (error) {
    throw networkError(error, url);
  }
}

function unreadable(what: string, why: string, cause?: unknown): CountersignError {
  return new CountersignError('ERR_INPUT_UNREADABLE', `cannot read ${what}: ${why}`, { cause });
}

function describeFileError(code: string): string {
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  return code;
}
