import { findChain, hash, parseCertificate, parseSpki, verify, verifyChain } from '@countersign/crypto';
import {
  canonicalJson,
  decodePem,
  encodePem,
  fromBase64,
  fromHex,
  readDer,
  toBase64,
  toHex,
} from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import type { PluginApi } from '@countersign/plugin-api';

/**
 * Makes the one object a plugin is given, over this host's libraries. Frozen all through:
 * what one plugin does to it no other can notice.
 *
 * @param pki the loaded PKI formats; a test of a single plugin passes its own
 */
export function createPluginApi(pki: PluginApi['pki']): PluginApi {
  return Object.freeze({
    errors: Object.freeze({
      refuse: (code, message, cause) => new CountersignError(code, message, { cause }),
    } satisfies PluginApi['errors']),
    encoding: Object.freeze({ fromBase64, toBase64, fromHex, toHex, decodePem, encodePem, canonicalJson, readDer }),
    crypto: Object.freeze({ hash, parseSpki, parseCertificate, verifyChain, findChain, verify }) as PluginApi['crypto'],
    pki: Object.freeze({ get: (id: string) => pki.get(id), ids: () => pki.ids() }),
  });
}
