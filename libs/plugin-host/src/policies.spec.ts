import type { AdmissionPolicy, EntryType, JsonObject, PolicyContext } from '@countersign/plugin-api';
import { compileSchema } from '@countersign/schema';
import { Catalog } from './catalog.ts';
import { limits } from './limits.ts';
import { type PolicyRule, preparePolicies } from './policies.ts';

const seen: { settings: JsonObject; context: PolicyContext }[] = [];
const mood: AdmissionPolicy = {
  async prepare(settings, context) {
    seen.push({ settings, context });
    if (settings.does === 'refuse') throw new Error('no mood for this');
    if (settings.does === 'nothing') return undefined as never;
    return () => ({ decision: 'allow', reason: '' });
  },
};
const folder = '/toy';
const toy = { type: 'entry', kind: 'toy', apiVersion: '0.0.1', schema: {}, validate: () => undefined } as const;
const catalog = new Catalog([
  {
    name: 'toys',
    version: '1.0.0',
    folder,
    digest: '',
    provides: [
      {
        ...toy,
        takes: { artifact: 'content', signature: 'enclosed', publicKeys: 'enclosed' },
        implementation: {} as EntryType,
        folder,
      },
      {
        type: 'policy',
        id: 'mood',
        version: '1.0.0',
        validate: compileSchema({ type: 'object', properties: { does: { type: 'string' } }, required: ['does'] }),
        implementation: mood,
        folder,
      },
    ],
  },
]);
const use = (changes: Partial<{ policy: string; kinds: string[]; settings: JsonObject }> = {}) => ({
  policy: 'mood',
  settings: { does: 'allow' },
  ...changes,
});
const prepare = (...rules: PolicyRule[]) => preparePolicies(rules, catalog);

it('has each policy read its settings, and knows which kinds it is about', async () => {
  const prepared = await prepare(use({ kinds: ['toy'] }), { any: [use(), use({ kinds: ['toy:0.0.1'] })] });
  const check = expect.any(Function);
  expect(prepared).toEqual([
    { id: 'mood', check, kinds: new Set(['toy']) },
    {
      any: [
        { id: 'mood', check },
        { id: 'mood', check, kinds: new Set(['toy:0.0.1']) },
      ],
    },
  ]);
  expect(seen).toHaveLength(3);
  expect(seen[0]?.context).toEqual({ entryTypes: [{ kind: 'toy', apiVersion: '0.0.1' }] });
  expect(Object.isFrozen(seen[0]?.settings)).toBe(true);
});

it.each<[string, PolicyRule, string]>([
  ['an unknown policy', use({ policy: 'moood' }), '"moood": no loaded plugin provides it; did you mean "mood"?'],
  ['a name of every object', use({ policy: 'constructor' }), '"constructor": no loaded plugin provides it'],
  [
    'an unknown kind',
    use({ kinds: ['toys'] }),
    '"mood": no loaded plugin provides the kind "toys"; did you mean "toy"?',
  ],
  ['an unknown version', use({ kinds: ['toy:0.0.2'] }), 'the kind "toy:0.0.2"; did you mean "toy:0.0.1"?'],
  ['settings that do not fit', use({ settings: { does: 1 } }), '"mood": settings: does in body must be of type string'],
  ['settings that are missing', { policy: 'mood' }, '"mood": settings: does in body is required'],
  ['settings that it refuses', use({ settings: { does: 'refuse' } }), '"mood": no mood for this'],
  ['a check that is none', use({ settings: { does: 'nothing' } }), '"mood": it prepares no function'],
])('refuses %s, alone and among others', async (_, rule, message) => {
  const error = { code: 'ERR_CONFIG_INVALID', message: expect.stringContaining(message) };
  await expect(prepare(rule)).rejects.toMatchObject(error);
  await expect(prepare(use(), { any: [use(), rule as never] })).rejects.toMatchObject(error);
});

it('takes as many policies as it may, one more is refused', async () => {
  const most = Array.from({ length: limits.policies - 1 }, () => use());
  await expect(prepare(...most, { any: [use()] })).resolves.toHaveLength(limits.policies);
  await expect(prepare(...most, { any: [use(), use()] })).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
});
