import { createRequire } from 'node:module';

const { version: declared } = createRequire(import.meta.url)('../package.json') as { readonly version: string };

/** The version of this node. */
export const version: string = declared;
