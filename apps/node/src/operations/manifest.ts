import { CountersignError } from '@countersign/errors';
import { compileSchema } from '@countersign/schema';
import type { FileDigest } from './durable-file.ts';

/** What stands in the `backup.json` of a backup. */
export interface Manifest {
  readonly format: 1;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Of the node that made it. */
  readonly version: string;
  readonly shards: readonly BackedUpShard[];
  /** By name in the backup's folder. */
  readonly files: Readonly<Record<string, FileDigest>>;
}

/** A shard as it stands in a backup. */
export interface BackedUpShard {
  readonly id: number;
  /** Decimal. */
  readonly treeId: string;
  readonly origin: string;
  /** Entries. */
  readonly size: number;
  /** Hex. */
  readonly root: string;
  /** The signed note. */
  readonly checkpoint: string;
}

/** The names of a backup's files. */
export const backupFiles = { manifest: 'backup.json', log: 'log.sqlite', keys: 'keys' } as const;

const text = { type: 'string' };
const count = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const hash = { type: 'string', pattern: '^[0-9a-f]{64}$' };

function object(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties), properties };
}

const validate = compileSchema({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...object({
    format: { const: 1 },
    createdAt: text,
    version: text,
    shards: {
      type: 'array',
      minItems: 1,
      items: object({
        id: { ...count, minimum: 1 },
        treeId: { type: 'string', pattern: '^[1-9][0-9]{0,18}$' },
        origin: text,
        size: count,
        root: hash,
        checkpoint: text,
      }),
    },
    files: {
      type: 'object',
      required: [backupFiles.log],
      // Names of a folder's own files, never a way out of it.
      propertyNames: { pattern: '^(log\\.sqlite|keys/rekor-v1-[0-9]+\\.pem)$' },
      additionalProperties: object({ size: count, sha256: hash }),
    },
  }),
});

/**
 * Reads a manifest.
 *
 * @throws `ERR_UNSUPPORTED` when a newer version wrote it, `ERR_MALFORMED` when it is none
 */
export function parseManifest(json: string, path: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new CountersignError('ERR_MALFORMED', `${path} is not JSON: the backup is damaged, use another one`, {
      cause,
    });
  }
  const format = typeof value === 'object' && value !== null ? Reflect.get(value, 'format') : undefined;
  if (typeof format === 'number' && format > 1) {
    throw new CountersignError(
      'ERR_UNSUPPORTED',
      `${path} is of format ${format}, and this version knows format 1: restore it with the version that made it`,
    );
  }
  const issue = validate(value);
  if (issue !== undefined) {
    throw new CountersignError('ERR_MALFORMED', `${path} is not a manifest of a backup: ${issue.message}`);
  }
  return value as Manifest;
}
