import type { Answer } from './http.ts';
import { type Proposal, propose, type Spec } from './proposal.ts';

/** What a body is refused with. */
export type Refusal = readonly [name: string, body: unknown, status: number, code: number, message: unknown];

/** A proposal that a suite logs before everything else. */
export const logged = propose('logged before everything else');

/** The logged proposal with something wrong in it: whatever is wrong, it cannot add an entry. */
export function spoilt(spoil: (proposal: Proposal, spec: Spec) => void): Proposal {
  const proposal = structuredClone(logged);
  spoil(proposal, proposal.spec);
  return proposal;
}

/** Checks that an answer is exactly this refusal, and can be found in the log. */
export function checkRefusal(answer: Answer, status: number, code: number, message: unknown): void {
  expect({ status: answer.status, body: answer.json }).toEqual({ status, body: { code, message } });
  expect(answer.headers['x-request-id']).toMatch(/./);
}
