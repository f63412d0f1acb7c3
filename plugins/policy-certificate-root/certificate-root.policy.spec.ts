import { testAdmissionPolicy } from '@countersign/plugin-api/testing';
import { policyUnderTest } from '@countersign/plugin-host/testing';
import certificateRoot from './certificate-root.policy.ts';
import { limits } from './limits.ts';

const test = policyUnderTest(new URL('.', import.meta.url), 'certificate-root', certificateRoot);
testAdmissionPolicy('certificate-root', test);

it('takes as many certificates as it may, one more is refused', async () => {
  const root = String(test.uses[0]?.settings.roots);
  const prepare = (roots: number) =>
    test.policy.prepare({ roots: root.repeat(roots), intermediates: root }, { entryTypes: [] });
  await expect(prepare(limits.certificates - 1)).resolves.toBeInstanceOf(Function);
  await expect(prepare(limits.certificates)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
});
