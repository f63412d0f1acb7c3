import type { PkiFormat, PluginApi } from '@countersign/plugin-api';
import { createPluginApi } from '../plugin-api-impl.ts';

/** PKI formats by their ids, as their plugins export them. */
export type PkiFormats = Readonly<Record<string, (api: PluginApi) => PkiFormat>>;

/** The host's api, with these PKI formats and no others: to ask for another is refused with `ERR_UNSUPPORTED`. */
export function pluginApiWith(formats: PkiFormats): PluginApi {
  const loaded = new Map<string, PkiFormat>();
  const api = createPluginApi({
    get(id) {
      const format = loaded.get(id);
      if (format !== undefined) return format;
      throw api.errors.refuse('ERR_UNSUPPORTED', `no PKI format ${JSON.stringify(id)}`);
    },
    ids: () => [...loaded.keys()],
  });
  for (const [id, make] of Object.entries(formats)) loaded.set(id, make(api));
  return api;
}
