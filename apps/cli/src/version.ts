import { readFileSync } from 'node:fs';

/** This program's version, as its package says. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return String((manifest as { readonly version: unknown }).version);
}

/** How every request of this program names it. */
export function userAgent(): string {
  return `countersign/${version()} (${process.platform}; ${process.arch})`;
}
