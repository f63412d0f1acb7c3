import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type {
  AdmittedEntry,
  Artifact,
  BundleClaims,
  EntryDisplay,
  EntryType,
  LoggedSignature,
  ProposeOptions,
  TakenArtifact,
} from '../entry.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { displayLimits } from '../limits.ts';
import { at, flips, frozen, type Path, paths, withValue } from './mutate.ts';
import { attempt, refused } from './refusal.ts';
import { globalRunner, type Runner } from './runner.ts';

/** One entry that is known to be good. */
export interface EntryVector {
  readonly name: string;
  /** As a client proposes it. */
  readonly spec: JsonObject;
  /** As the log stores it. */
  readonly canonical: JsonObject;
  readonly indexKeys: readonly string[];
  /**
   * Strings in `spec` of which every byte is covered by the signature, or is the signature: base64
   * or, by name, hex or text itself. A change to one must be refused or make no difference.
   */
  readonly covered: Readonly<Record<Path, 'base64' | 'hex' | 'utf8'>>;
  /** What a bundle for this entry says. */
  readonly claims?: BundleClaims;
  /** What a client that makes this entry has in hand. */
  readonly artifact?: { readonly artifact: Artifact; readonly options: ProposeOptions };
}

/** What {@link testEntryType} tests. */
export interface EntryTypeTest {
  readonly type: EntryType;
  /** The compiled schema: what is wrong with a spec, or `undefined`. The host asks it first. */
  readonly validate: (spec: unknown) => unknown;
  readonly vectors: readonly EntryVector[];
  /** By path, values that are well formed and belong to something else: another key, another signature. */
  readonly foreign: Readonly<Record<Path, JsonValue>>;
  /** What no part of a spec may reach, in bytes. 4 MiB unless told. */
  readonly oversize?: number;
  /** `false` when the log forgets what was verified, such as the artifact: the canonical spec is refused then. */
  readonly storesAll?: boolean;
  /** `false` when the log keeps no signature: it vouches for none then. */
  readonly binds?: boolean;
  /** The time of every admission; now unless told. */
  readonly now?: Date;
  readonly runner?: Runner;
}

const empties: readonly (JsonValue | undefined)[] = [undefined, null, '', {}, [], 0, false, 'x'];

/**
 * Tests what every entry type promises: a canonical form that is stable and idempotent, a refusal
 * for every change to what is covered, for foreign parts and for oversize ones, a refusal with a
 * code (never an accident) whatever is absent, null or empty, the binding to a bundle, and what a list shows.
 */
export function testEntryType(name: string, test: EntryTypeTest): void {
  const { describe, it } = test.runner ?? globalRunner();
  const context = { now: test.now ?? new Date() };

  async function admit(spec: JsonObject): Promise<AdmittedEntry | undefined> {
    return test.validate(spec) === undefined ? test.type.admit(frozen(structuredClone(spec)), context) : undefined;
  }

  /** Refused, or the same entry as `vector`'s. */
  async function changesNothing(what: string, spec: JsonObject, vector: EntryVector): Promise<void> {
    const result = await attempt(what, () => admit(spec));
    if ('value' in result && result.value !== undefined) same(result.value.spec, vector.canonical, what);
  }

  describe(name, () => {
    for (const vector of test.vectors) {
      const covered = Object.entries(vector.covered);

      describe(vector.name, () => {
        it('has the canonical form and index keys it should', async () => {
          const entry = await admit(vector.spec);
          same(entry?.spec, vector.canonical);
          assert.deepEqual(entry?.indexKeys, vector.indexKeys);
          assert.ok(entry.verifiers.length > 0, 'no verifier');
        });

        if (test.storesAll === false) {
          it('refuses its canonical form, which lacks what was verified', async () => {
            await refused('canonical', () => test.type.admit(frozen(vector.canonical), context));
          });
        } else {
          it('admits its canonical form as it is', async () => {
            same((await admit(vector.canonical))?.spec, vector.canonical);
          });
        }

        it('refuses a flip of any covered byte', async () => {
          for (const [path, encoding] of covered) {
            for (const flipped of flips(Buffer.from(String(at(vector.spec, path)), encoding))) {
              const spec = withValue(vector.spec, path, Buffer.from(flipped).toString(encoding));
              await changesNothing(`${path} flipped`, spec, vector);
            }
          }
        });

        it('refuses what belongs to another entry', async () => {
          for (const [path, value] of Object.entries(test.foreign)) {
            const spec = withValue(vector.spec, path, value);
            if (test.validate(spec) === undefined)
              await refused(`${path} of another`, () => test.type.admit(frozen(spec), context));
          }
        });

        it('refuses what is oversize', async () => {
          const bytes = Buffer.alloc(test.oversize ?? 4 * 1024 * 1024);
          for (const [path, encoding] of covered) {
            const spec = withValue(vector.spec, path, bytes.toString(encoding));
            if (test.validate(spec) === undefined)
              await refused(`${path} oversize`, () => test.type.admit(frozen(spec), context));
          }
        });

        it('refuses by code what is absent, null, empty or of another type', async () => {
          for (const path of paths(vector.spec)) {
            for (const value of empties) {
              const spec = withValue(vector.spec, path, value);
              await changesNothing(`${path} as ${JSON.stringify(value)}`, spec, vector);
            }
          }
        });

        if (test.type.display !== undefined) {
          it('shows itself in a list', async () => {
            const display = await test.type.display?.(frozen(vector.canonical));
            assert.deepEqual(
              Object.keys(display ?? {}).filter((name) => !Object.hasOwn(displayLimits, name)),
              [],
              'what no list shows',
            );
            for (const [name, most] of Object.entries(displayLimits) as [keyof EntryDisplay, number][]) {
              const text = display?.[name];
              if (text === undefined && name !== 'title') continue;
              assert.equal(typeof text, 'string', `the ${name} is no text`);
              assert.ok(
                text !== '' && [...String(text)].length <= most,
                `the ${name} has no or over ${most} characters`,
              );
              assert.doesNotMatch(String(text), /\p{C}/u, `the ${name} has a control character`);
            }
          });

          it('shows itself, or refuses by code, whatever is absent, null, empty or of another type', async () => {
            for (const path of paths(vector.canonical)) {
              for (const value of empties) {
                const spec = withValue(vector.canonical, path, value);
                if (test.validate(spec) !== undefined) continue;
                await attempt(`${path} as ${JSON.stringify(value)}`, async () => test.type.display?.(frozen(spec)));
              }
            }
          });
        }

        const { claims, artifact } = vector;
        if (test.binds === false) {
          it('vouches for nothing', async () => {
            assert.equal(await test.type.claims(frozen(vector.canonical)), undefined);
          });
        } else if (claims !== undefined) {
          it('vouches for its bundle', async () => {
            const logged = await test.type.claims(frozen(vector.canonical));
            assert.ok(logged !== undefined, 'nothing');
            assert.ok(
              logged.signatures.some((one) => isSignature(one, claims)),
              'another signature or key',
            );
            assert.deepEqual(structuredClone(logged.digest), structuredClone(claims.digest), 'another digest');
          });
        }
        if (artifact !== undefined) {
          it('proposes what is admitted as the same entry', async () => {
            const spec = await test.type.propose(taken(artifact.artifact), artifact.options, context);
            same((await admit(spec))?.spec, vector.canonical);
          });
        }
      });
    }
  });
}

/** Clones of both: an array that was made in another realm is an array all the same. */
function same(actual: unknown, expected: JsonObject, what?: string): void {
  assert.deepEqual(structuredClone(actual), structuredClone(expected), what);
}

/** An artifact as the host hands it over. */
function taken(artifact: Artifact): TakenArtifact {
  const nothing = new Uint8Array();
  const { content = nothing, signature = nothing, publicKeys } = artifact;
  return { ...artifact, content, signature, publicKey: publicKeys[0] ?? nothing };
}

/** Whether a signature that is vouched for is the bundle's, with its key: in DER, where the log keeps PEM. */
function isSignature({ signature, key }: LoggedSignature, claims: BundleClaims): boolean {
  const isSame =
    'sha256' in signature
      ? createHash('sha256').update(claims.signature).digest().equals(signature.sha256)
      : Buffer.compare(signature, claims.signature) === 0;
  if (!isSame) return false;
  if (Buffer.compare(key, claims.verifier) === 0) return true;
  const [, pem] = /^-----BEGIN [^-]+-----\r?\n([^-]+)-----END /m.exec(Buffer.from(key).toString('latin1')) ?? [];
  return pem !== undefined && Buffer.from(pem, 'base64').equals(claims.verifier);
}
