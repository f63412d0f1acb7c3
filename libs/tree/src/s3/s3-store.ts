import { Readable } from 'node:stream';
import { CountersignError } from '@countersign/errors';
import { tileWidth } from '@countersign/merkle';
import { cacheControl, contentType, type TileStore } from '../publish/tile-store.ts';
import { s3Limits } from './limits.ts';

/** A bucket, and where in it. Credentials come from the SDK's own chain: environment, files, roles. */
export interface S3Settings {
  readonly bucket: string;
  /** Stands before every key, without a slash at either end; nothing when left out. */
  readonly prefix?: string;
  /** What the SDK's own chain says when left out; `us-east-1` with an endpoint, where it means nothing. */
  readonly region?: string;
  /** The URL of a server that speaks S3, where it is not Amazon's. */
  readonly endpoint?: string;
}

/** Publishes to an S3-compatible bucket, which has to be there. The SDK is loaded here, where it is asked for. */
export async function openS3Store({ bucket, prefix, region, endpoint }: S3Settings): Promise<TileStore> {
  const { DeleteObjectsCommand, GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } = await import(
    '@aws-sdk/client-s3'
  );
  const fallbackRegion = process.env.AWS_REGION === undefined ? { region: 'us-east-1' } : {};
  const client = new S3Client({
    ...(region === undefined ? endpoint !== undefined && fallbackRegion : { region }),
    // Names of buckets below the endpoint's host need a DNS of their own, and checksums that only Amazon has are refused.
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' }),
    // Who calls tries again, and knows what of it is still worth it.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: s3Limits.connectMs, requestTimeout: s3Limits.requestMs },
  });
  const stopping = new AbortController();
  const options = { abortSignal: stopping.signal };
  const at = (path: string) => ({ Bucket: bucket, Key: prefix === undefined ? path : `${prefix}/${path}` });

  return {
    name: `bucket ${bucket}`,
    async read(path, limit) {
      try {
        const { Body, ContentLength } = await client.send(new GetObjectCommand(at(path)), options);
        if (Body !== undefined && (ContentLength ?? Number.POSITIVE_INFINITY) <= limit) {
          return await Body.transformToByteArray();
        }
        // What is too long must not be read, and must not keep its connection.
        if (Body instanceof Readable) Body.destroy();
        throw new CountersignError('ERR_TOO_LARGE', `${at(path).Key} is over ${limit} bytes`);
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async write(path, bytes, kind) {
      await client.send(
        new PutObjectCommand({
          ...at(path),
          Body: bytes,
          ContentType: contentType[kind],
          CacheControl: cacheControl[kind],
        }),
        options,
      );
    },
    async removePartials(paths) {
      const objects = paths.flatMap((path) =>
        Array.from({ length: tileWidth - 1 }, (_, width) => ({ Key: at(`${path}.p/${width + 1}`).Key })),
      );
      for (let from = 0; from < objects.length; from += s3Limits.deletesAtOnce) {
        const some = objects.slice(from, from + s3Limits.deletesAtOnce);
        const { Errors = [] } = await client.send(
          new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: some, Quiet: true } }),
          options,
        );
        const [failed] = Errors;
        if (failed !== undefined) throw new CountersignError('ERR_STORAGE', `${failed.Key}: ${failed.Message}`);
      }
    },
    close() {
      stopping.abort();
      client.destroy();
    },
  };
}
