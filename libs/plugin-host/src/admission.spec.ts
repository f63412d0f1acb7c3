import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { hasCode } from '@countersign/errors';
import { Admission } from './admission.ts';
import type { PoolRuling } from './admission-pool.ts';
import type { AdmissionLimits } from './limits.ts';
import { moodPlugin, PluginFolders, toyPlugin, toyProposal } from './plugin-folders.fixture.ts';
import { PluginHost } from './plugin-host.ts';
import type { AdmissionSettings } from './policies.ts';

const folders = new PluginFolders();
const started: Admission[] = [];
const rulings: PoolRuling[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((admission) => admission.close()));
  await folders.remove();
  rulings.length = 0;
});

const mood = (does: string) => ({ policy: 'mood', settings: { does } });
const under = (does: string, mode: AdmissionSettings['mode'] = 'enforce') => ({ mode, policies: [mood(does)] });

async function start(
  admission?: AdmissionSettings,
  limits: Partial<AdmissionLimits> = {},
  workers = 1,
): Promise<Admission> {
  const root = await folders.make({ toy: toyPlugin, mood: moodPlugin });
  const host = await PluginHost.load({ folders: [root] });
  const one = await Admission.start({
    folders: host.plugins().map(({ folder }) => folder),
    digests: host.digests(),
    workers,
    limits,
    onRuling: (ruling) => rulings.push(ruling),
    ...(admission && { admission }),
  });
  started.push(one);
  return one;
}

const nothing = (n: number) => toyProposal({ do: 'nothing', n });
const requester = { type: 'token', name: 'ci' } as const;

describe('policies in an admission pool', () => {
  it('are asked about an upload, and not about a proposal without a request', async () => {
    const admission = await start(under('deny'));
    await expect(admission.admit(nothing(1))).resolves.toMatchObject({ kind: 'toy', indexKeys: ['key-1'] });
    const request = { requester };
    const seen = JSON.stringify(['toy', '0.0.1', 1, ['key-1'], 1, nothing(1).length, request, true]);
    await expect(admission.admit(nothing(1), request)).rejects.toMatchObject({
      name: 'CountersignError',
      code: 'ERR_ADMISSION_DENIED',
      status: 403,
      message: `admission policy mood: ${seen}`,
      details: { policies: ['mood'] },
    });
    expect(rulings).toMatchObject([{ mode: 'enforce', kind: 'toy', request, failures: [] }]);
  });

  it('come after what the entry type refuses', async () => {
    const admission = await start(under('deny'));
    await expect(admission.admit(toyProposal({ do: 'refuse' }), {})).rejects.toMatchObject({
      code: 'ERR_ENTRY_INVALID',
    });
    expect(rulings).toEqual([]);
  });

  it('let what they deny pass under warn, and tell of it', async () => {
    const admission = await start(under('deny', 'warn'));
    await expect(admission.admit(nothing(1), {})).resolves.toMatchObject({ kind: 'toy' });
    expect(rulings).toMatchObject([{ mode: 'warn', denial: { policies: ['mood'] } }]);
    await expect(admission.admit(toyProposal({ do: 'refuse' }), {})).rejects.toMatchObject({
      code: 'ERR_ENTRY_INVALID',
    });
  });

  it('say nothing of what they allow, and deny what is no concern of theirs', async () => {
    const allows = await start(under('allow'));
    await expect(allows.admit(nothing(1), {})).resolves.toBeDefined();
    expect(rulings).toEqual([]);
    const abstains = await start(under('abstain'));
    await expect(abstains.admit(nothing(1), {})).rejects.toMatchObject({
      code: 'ERR_ADMISSION_DENIED',
      details: { policies: [] },
    });
  });

  it.each(['fail', 'write'])('deny where one does %s, and keep the reason for the log', async (does) => {
    const admission = await start(under(does));
    await expect(admission.admit(nothing(1), {})).rejects.toMatchObject({
      code: 'ERR_ADMISSION_DENIED',
      message: 'admission policy mood failed',
    });
    expect(rulings[0]?.failures[0]?.error).toMatch(does === 'fail' ? /a secret of the policy\n/ : /read only/);
  });

  it.each(['loop', 'hang'])('are ended where one does %s, and the next upload is taken', async (does) => {
    const admission = await start(
      { mode: 'enforce', policies: [{ any: [{ ...mood(does), kinds: ['toy'] }] }] },
      { time: 500 },
    );
    await expect(admission.admit(nothing(1), {})).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    await expect(admission.admit(nothing(1))).resolves.toBeDefined();
  });

  it.each([
    ['an unknown policy', { mode: 'enforce', policies: [{ policy: 'moody' }] }, 'did you mean "mood"?'],
    ['settings that are refused', under('refuse'), 'no mood for this'],
  ] as const)('stop the start with %s', async (_, admission, message) => {
    await expect(start(admission)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining(message),
    });
  });
});

describe('Admission.change', () => {
  it('decides by the new settings, and loses nothing that waits', async () => {
    // One of two workers is kept busy, so that the old pool cannot end.
    const admission = await start(under('allow'), { time: 60_000 }, 2);
    const file = path.join(await folders.make({}), 'go-on');
    const first = admission.admit(toyProposal({ do: 'wait', until: file }), {});
    const waiting = Array.from({ length: 100 }, (_, n) => admission.admit(nothing(n), {}));
    let changed = false;
    const change = admission.change(under('deny')).then(() => {
      changed = true;
    });
    const isDenied = (error: unknown) => hasCode(error, 'ERR_ADMISSION_DENIED') || Promise.reject(error);
    // Uploads go on all the time: to the old workers, until the new ones are there.
    let denied = false;
    for (let n = 0; !denied; n++) denied = await admission.admit(nothing(n), {}).then(() => false, isDenied);
    expect(changed).toBe(false);
    writeFileSync(file, '');
    await Promise.all([first, ...waiting, change]);
    await expect(admission.admit(nothing(1), {})).rejects.toMatchObject({ code: 'ERR_ADMISSION_DENIED' });
    expect(admission.workers).toBe(2);
  });

  it('keeps the settings there are when the new ones cannot be had', async () => {
    const admission = await start(under('allow'));
    await expect(admission.change(under('refuse'))).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    await expect(admission.admit(nothing(1), {})).resolves.toBeDefined();
    await admission.change(under('deny'));
    await expect(admission.admit(nothing(1), {})).rejects.toMatchObject({ code: 'ERR_ADMISSION_DENIED' });
  });

  it('takes changes one after the other, the last of which stays', async () => {
    const admission = await start(under('allow'));
    const changes = [
      admission.change(under('abstain')),
      admission.change(under('refuse')),
      admission.change(under('deny')),
    ];
    expect((await Promise.allSettled(changes)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    await expect(admission.admit(nothing(1), {})).rejects.toMatchObject({ details: { policies: ['mood'] } });
  });

  it('is over when it closes', async () => {
    const admission = await start(under('allow'));
    const change = admission.change(under('deny'));
    const late = admission.change(under('allow'));
    await admission.close();
    await Promise.allSettled([change, late]);
    await expect(late).rejects.toMatchObject({ code: 'ERR_SHUTTING_DOWN' });
    await expect(admission.change(under('allow'))).rejects.toMatchObject({ code: 'ERR_SHUTTING_DOWN' });
    await expect(admission.admit(nothing(1), {})).rejects.toMatchObject({ code: 'ERR_SHUTTING_DOWN' });
  });
});
