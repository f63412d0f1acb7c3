import { readFile } from 'node:fs/promises';
import { errorTable } from '@countersign/errors';

/** The rows of the table in `docs/errors.md`. */
async function documentedRows(): Promise<string[]> {
  const text = await readFile(new URL('../docs/errors.md', import.meta.url), 'utf8');
  return text.split('\n').filter((line) => line.startsWith('| `'));
}

const rows = Object.entries(errorTable).map(([code, [status, meaning]]) => `| \`${code}\` | ${status} | ${meaning} |`);

describe('docs/errors.md', () => {
  it('documents every code, with its status and meaning', async () => {
    const documented = await documentedRows();
    expect(rows.filter((row) => !documented.includes(row))).toEqual([]);
  });

  it('documents no other code, and none twice', async () => {
    const documented = await documentedRows();
    expect(documented.filter((row, index) => !rows.includes(row) || documented.indexOf(row) !== index)).toEqual([]);
  });

  it('names only codes that there are', async () => {
    const text = await readFile(new URL('../docs/errors.md', import.meta.url), 'utf8');
    const named = text.match(/\bERR_[A-Z_]*[A-Z]\b/g) ?? [];
    expect(named.filter((code) => !Object.hasOwn(errorTable, code))).toEqual([]);
  });
});

describe('the table', () => {
  it('is in alphabetical order', () => {
    const codes = Object.keys(errorTable);
    expect(codes).toEqual([...codes].sort());
  });

  it('has statuses of failure, and sentences', () => {
    for (const [code, [status, meaning]] of Object.entries(errorTable)) {
      expect([code, status >= 400 && status < 600, /^[A-Z][^|]*\.$/.test(meaning)]).toEqual([code, true, true]);
    }
  });
});
