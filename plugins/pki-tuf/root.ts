import type { JsonObject, JsonValue, PluginApi, VerifyKey } from '@countersign/plugin-api';
import { isObject } from './json.ts';
import { limits } from './limits.ts';
import { readKey } from './tuf-key.ts';

/** Which keys sign for a role, and how many of them it takes. */
export interface Role {
  readonly keyIds: ReadonlySet<string>;
  readonly threshold: number;
}

/** The keys and roles of a root (TUF specification §4.3). */
export interface Root {
  /** By the key ID the root gives, which need not be the hash of the key (TAP 12). */
  readonly keys: ReadonlyMap<string, VerifyKey>;
  readonly roles: ReadonlyMap<string, Role>;
}

/**
 * Reads the keys and roles that the `signed` part of a root names; all of them must be good.
 *
 * @throws `ERR_MALFORMED`, also on a threshold below 1
 * @throws `ERR_UNSUPPORTED` on a type of key that is not known
 * @throws `ERR_TOO_LARGE` on too many keys or roles
 */
export function readRoot(api: PluginApi, signed: JsonObject): Root {
  const { errors } = api;
  const malformed = (why: string) => errors.refuse('ERR_MALFORMED', `malformed TUF root: ${why}`);
  if (signed._type !== 'root') throw malformed('_type is not root');
  return {
    keys: new Map(members('keys', limits.keys).map(([id, key]) => [id, readKey(api, object(key, 'a key'))])),
    roles: new Map(members('roles', limits.roles).map(([name, role]) => [name, readRole(object(role, 'a role'))])),
  };

  function members(name: 'keys' | 'roles', most: number): [string, JsonValue | undefined][] {
    const all = Object.entries(object(signed[name], name));
    if (all.length > most) throw errors.refuse('ERR_TOO_LARGE', `TUF root has over ${most} ${name}`);
    return all;
  }

  function readRole({ keyids, threshold }: JsonObject): Role {
    // A threshold of zero would be met by no signature at all.
    if (!Number.isSafeInteger(threshold) || Number(threshold) < 1) throw malformed('a threshold is not at least 1');
    if (!Array.isArray(keyids)) throw malformed('keyids is no list');
    const keyIds = keyids.filter((id: JsonValue): id is string => typeof id === 'string');
    if (keyIds.length !== keyids.length) throw malformed('a key ID is no text');
    return { keyIds: new Set(keyIds), threshold: Number(threshold) };
  }

  function object(value: JsonValue | undefined, what: string): JsonObject {
    if (isObject(value)) return value;
    throw malformed(`${what} is no object`);
  }
}
