import { envelopeMakers } from './envelopes.ts';
import { packageMakers } from './packages.ts';
import type { Maker, Proposal } from './proposal.ts';
import { signatureMakers } from './signatures.ts';

/** A maker for every entry type and version. */
export const makers: Readonly<Record<string, Maker>> = { ...envelopeMakers, ...packageMakers, ...signatureMakers };

/** One more upload of a type, by its name in {@link makers}. */
export function make(name: string): Proposal {
  const maker = makers[name];
  if (maker === undefined) throw new Error(`no maker of ${name}`);
  return maker();
}
