import { ephemeralSigner } from '@countersign/crypto';
import { utf8Encode } from '@countersign/encoding';
import fc from 'fast-check';
import { openSubmission, sealSubmission } from './sealed-submission.ts';

const signer = ephemeralSigner('ecdsa-p256');
const other = ephemeralSigner('ecdsa-p256');
const request = { data: utf8Encode('data'), annex: utf8Encode('annex') };

describe('a submission', () => {
  it('is opened as it was sealed, by the key that sealed it', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.option(bytes, { nil: undefined }), async (data, annex) => {
        const sealed = await sealSubmission('id', { data, annex }, await signer);
        const keys = [(await other).publicKey, (await signer).publicKey];
        const opened = openSubmission(sealed, keys);
        expect(Buffer.from(opened?.data ?? [])).toEqual(Buffer.from(data));
        expect(Buffer.from(opened?.annex ?? [])).toEqual(Buffer.from(annex ?? []));
        expect(openSubmission(sealed, keys.slice(0, 1))).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  it('is not opened when a byte of it is another', async () => {
    const { publicKey } = await signer;
    const sealed = await sealSubmission('id', request, await signer);
    for (const part of ['data', 'annex'] as const) {
      for (let at = 0; at < (sealed[part]?.length ?? 0); at += 1) {
        const bytes = Uint8Array.from(sealed[part] ?? []);
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        expect(openSubmission({ ...sealed, [part]: bytes }, [publicKey])).toBeUndefined();
      }
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
