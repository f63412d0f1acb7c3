import type { AdmissionPolicy, Certificate, JsonObject, PluginApi, Verdict, Verifier } from '@countersign/plugin-api';
import { limits } from './limits.ts';

/** What the schema has made sure of. */
interface Settings {
  /** PEM. */
  readonly roots: string;
  /** PEM. */
  readonly intermediates?: string;
}

/**
 * `certificate-root`: takes entries all of whose signers have a certificate that leads to a listed root.
 *
 * A chain is judged at the time of the upload. That is the time the log puts on the entry, and at which clients look at the
 * certificate again; and a key whose certificate has expired is not kept as one that is still in use.
 */
export default function certificateRoot({ crypto, encoding, errors }: PluginApi): AdmissionPolicy {
  function certificatesOf(pem: string, what: string): Certificate[] {
    const blocks = encoding.decodePem(pem);
    const other = blocks.find(({ label }) => label !== 'CERTIFICATE');
    if (other !== undefined) throw errors.refuse('ERR_MALFORMED', `${what}: a PEM block is a ${other.label}`);
    if (blocks.length === 0) throw errors.refuse('ERR_MALFORMED', `${what}: no certificate`);
    return blocks.map(({ der }) => crypto.parseCertificate(der));
  }

  /** Certificates that only came along may be anything. */
  function readable(ders: readonly Uint8Array[]): Certificate[] {
    return ders.flatMap((der) => {
      try {
        return crypto.parseCertificate(der);
      } catch {
        return [];
      }
    });
  }

  return {
    async prepare(settings: JsonObject) {
      const { roots: pem, intermediates: more } = settings as unknown as Settings;
      const roots = certificatesOf(pem, 'roots');
      const intermediates = more === undefined ? [] : certificatesOf(more, 'intermediates');
      if (roots.length + intermediates.length > limits.certificates) {
        throw errors.refuse('ERR_TOO_LARGE', `over ${limits.certificates} certificates`);
      }

      /** Why a signer is not taken. */
      function fault({ algorithm, fingerprint, certificates = [] }: Verifier, now: Date): string | undefined {
        const [leaf, ...others] = certificates;
        if (leaf === undefined) return `the ${algorithm} key ${fingerprint} has no certificate`;
        try {
          crypto.findChain(crypto.parseCertificate(leaf), [...intermediates, ...readable(others)], roots, now);
          return undefined;
        } catch (error) {
          return `certificate ${fingerprint}: ${messageOf(error)}`;
        }
      }

      return ({ entry: { verifiers }, now }): Verdict => {
        if (verifiers.length === 0) return { decision: 'deny', reason: 'nobody signed' };
        for (const verifier of verifiers) {
          const reason = fault(verifier, now);
          if (reason !== undefined) return { decision: 'deny', reason };
        }
        return { decision: 'allow', reason: 'every certificate leads to a listed root' };
      };
    },
  };
}

/** Of a refusal: it has a code. Anything else is a fault of ours, and for the log. */
function messageOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return error.message;
  throw error;
}
