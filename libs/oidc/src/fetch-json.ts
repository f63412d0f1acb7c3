import { type LookupAddress, lookup } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { type JsonValue, parseJson } from '@countersign/encoding';
import { isPublicAddress } from './public-address.ts';

/** How a document is fetched. */
export interface FetchOptions {
  /** Whether the address may be one that is not of the public internet. */
  readonly privateAddresses: boolean;
  readonly maxBytes: number;
  /** Milliseconds for all of it. */
  readonly timeout: number;
}

/**
 * Fetches a JSON document with one GET, and nothing else: redirects are refused, nothing is sent along, and the
 * connection goes to an address that was looked at, so that no name can lead into a private network.
 *
 * @throws `Error` saying what failed, for the operator
 */
export function fetchJson(url: URL, { privateAddresses, maxBytes, timeout }: FetchOptions): Promise<JsonValue> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!privateAddresses && isIP(host) !== 0 && !isPublicAddress(host)) return Promise.reject(notPublic(host));
  const open = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeout);
    const fail = (error: Error): void => {
      reject(signal.aborted ? new Error(`${url} did not answer within ${timeout} ms`, { cause: error }) : error);
    };
    const request = open(url, {
      agent: false,
      signal,
      headers: { accept: 'application/json', 'accept-encoding': 'identity' },
      ...(privateAddresses ? {} : { lookup: lookupPublic }),
    });
    request.on('error', fail);
    request.on('response', (response) => {
      const refuse = (why: string): void => {
        request.destroy();
        reject(new Error(`${url} ${why}`));
      };
      if (response.statusCode !== 200) return refuse(`answered with status ${response.statusCode}`);
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > maxBytes) refuse(`answered with over ${maxBytes} bytes`);
      });
      response.on('end', () => {
        try {
          resolve(parseJson(Buffer.concat(chunks)));
        } catch (error) {
          reject(new Error(`${url} did not answer with JSON`, { cause: error }));
        }
      });
    });
    request.end();
  });
}

/** Resolves a name to its public addresses; the connection is made to one of these. */
const lookupPublic: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, found: readonly LookupAddress[]) => {
    if (error !== null) return done(error, []);
    const [first, ...others] = found.filter(({ address }) => isPublicAddress(address));
    if (first === undefined) return done(notPublic(hostname), []);
    if (options.all === true) done(null, [first, ...others]);
    else done(null, first.address, first.family);
  });
};

function notPublic(host: string): Error {
  return new Error(`${host} is not a public address, and the issuer is not configured to have a private one`);
}
