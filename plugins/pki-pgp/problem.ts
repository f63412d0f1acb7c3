/**
 * What is wrong with packets, as upstream tells it apart. `unsupported` packets are passed over
 * where they stand among others; `structural` problems cost the key they are in, not its
 * neighbours; `fatal` ones cost the file. So do the rest, under codes of their own: `too large` is
 * over a limit, `foreign` beyond what this implementation verifies, `invalid` a signature that is wrong.
 */
export type ProblemKind = 'unsupported' | 'structural' | 'fatal' | 'too large' | 'foreign' | 'invalid';

/** Thrown within this plugin only: its format turns it into a refusal. */
export class Problem extends Error {
  readonly kind: ProblemKind;

  constructor(kind: ProblemKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
