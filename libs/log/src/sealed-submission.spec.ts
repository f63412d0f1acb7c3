import { ephemeralSigner } from '@countersign/crypto';
import { utf8Encode } from '@countersign/encoding';
import fc from 'fast-check';
import { openSubmission, sealSubmission } from './sealed-submission.ts';

const signer = ephemeralSigner('ecdsa-p256');
const other = ephemeralSigner('ecdsa-p256');
const request = { data: utf8Encode('data'), annex: utf8Encode('annex'), attachment: utf8Encode('attachment') };

describe('a submission', () => {
  it('is opened as it was sealed, by the key that sealed it', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const optional = fc.option(bytes, { nil: undefined });
    await fc.assert(
      fc.asyncProperty(bytes, optional, optional, async (data, annex, attachment) => {
        const sealed = await sealSubmission('id', { data, annex, attachment }, await signer);
        const keys = [(await other).publicKey, (await signer).publicKey];
        const opened = openSubmission(sealed, keys);
        expect(Buffer.from(opened?.data ?? [])).toEqual(Buffer.from(data));
        expect(Buffer.from(opened?.annex ?? [])).toEqual(Buffer.from(annex ?? []));
        expect(opened?.attachment).toEqual(attachment);
        expect(openSubmission(sealed, keys.slice(0, 1))).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  it('is not opened when a byte of it is another', async () => {
    const { publicKey } = await signer;
    const sealed = await sealSubmission('id', request, await signer);
    for (const part of ['data', 'annex', 'attachment'] as const) {
      for (let at = 0; at < (sealed[part]?.length ?? 0); at += 1) {
        const bytes = Uint8Array.from(sealed[part] ?? []);
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        expect(openSubmission({ ...sealed, [part]: bytes }, [publicKey])).toBeUndefined();
      }
    }
  });

  it('is not opened without its attachment, or with one it had not', async () => {
    const { publicKey } = await signer;
    const { attachment, ...bare } = request;
    const [sealed, plain] = await Promise.all(
      [request, bare].map(async (one) => sealSubmission('id', one, await signer)),
    );
    for (const [submission, other] of [
      [sealed, undefined],
      [plain, attachment],
      [plain, new Uint8Array(0)],
    ] as const) {
      if (submission === undefined) throw new Error('not sealed');
      expect(openSubmission(submission, [publicKey])).toBeDefined();
      expect(openSubmission({ ...submission, attachment: other }, [publicKey])).toBeUndefined();
    }
  });

  it.each([
    undefined,
    new Uint8Array(0),
    Uint8Array.of(0),
    Uint8Array.of(71),
    Uint8Array.of(1, 0),
  ])('is not opened with %j in place of its signature', async (annex) => {
    const { publicKey } = await signer;
    expect(openSubmission({ id: 'id', identity: undefined, ...request, annex }, [publicKey])).toBeUndefined();
  });
});
