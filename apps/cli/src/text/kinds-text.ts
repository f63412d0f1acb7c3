import { readdirSync, readFileSync } from 'node:fs';

const plugins = new URL('../../../../plugins/', import.meta.url);

/** What the plugins that come along provide, for help texts: their manifests alone are read, no code is loaded. */
export function kindsText(): string {
  const ids: Record<string, Set<string>> = { entry: new Set(), pki: new Set() };
  for (const folder of readdirSync(plugins).sort()) {
    for (const { type, id } of provisionsOf(folder)) ids[type]?.add(id);
  }
  const list = (type: string) => [...(ids[type] ?? [])].join(', ');
  return `\nTypes: ${list('entry')}\nPKI formats: ${list('pki')}\n--plugin-folder adds others.`;
}

function provisionsOf(folder: string): readonly { readonly type: string; readonly id: string }[] {
  try {
    return JSON.parse(readFileSync(new URL(`${folder}/plugin.json`, plugins), 'utf8')).provides;
  } catch {
    // Whoever loads it says what is wrong with it; help must not fail.
    return [];
  }
}
