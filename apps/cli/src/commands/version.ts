import type { Io } from '../io.ts';
import { version } from '../version.ts';

/** `countersign version`: this program and what it runs on. */
export async function run({ json }: { readonly json?: boolean }, io: Io): Promise<void> {
  const facts = { version: version(), node: process.version, platform: `${process.platform}/${process.arch}` };
  io.out(
    json === true
      ? `${JSON.stringify(facts)}\n`
      : `countersign ${facts.version}\nNode ${facts.node}, ${facts.platform}\n`,
  );
}
