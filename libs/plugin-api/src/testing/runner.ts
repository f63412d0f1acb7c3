/** The part of a test runner that this kit uses: jest's, vitest's and mocha's globals have it, and so has `node:test`. */
export interface Runner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
}

/** The globals of the runner at work. */
export function globalRunner(): Runner {
  const { describe, it } = globalThis as Partial<Runner>;
  if (describe === undefined || it === undefined) throw new Error('no describe and it: pass a runner');
  return { describe, it };
}
