import { join } from 'node:path';

/** Where what was seen of each log is kept; rekor-cli keeps it there too. */
export function stateFile(home: string): string {
  return join(home, '.rekor', 'state.json');
}
