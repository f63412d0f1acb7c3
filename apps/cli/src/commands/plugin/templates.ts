import { fileURLToPath } from 'node:url';

/** The folder of what `plugin new` writes: a folder for each type, and `common` for what they share. */
export const templates: string = fileURLToPath(new URL('../../../templates', import.meta.url));
