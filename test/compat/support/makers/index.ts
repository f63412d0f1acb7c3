import { envelopeMakers } from './envelopes.ts';
import { packageMakers } from './packages.ts';
import type { Maker } from './proposal.ts';
import { signatureMakers } from './signatures.ts';

/** A maker for every entry type and version. */
export const makers: Readonly<Record<string, Maker>> = { ...envelopeMakers, ...packageMakers, ...signatureMakers };
