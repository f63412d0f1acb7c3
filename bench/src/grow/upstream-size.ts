import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../child.ts';
import { measure } from '../measure.ts';
import { startUpstream } from '../upstream.ts';
import type { UpstreamSize } from './results.ts';

const from = 5_000;
const to = 25_000;
/** Longer than the uploads take. */
const seconds = 600;

type Tables = UpstreamSize['tables'];

/** Measures what an entry costs upstream's database: the growth of its tables and of its folder while entries are uploaded. */
export async function measureUpstreamSize(tell: (message: string) => void): Promise<UpstreamSize> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  try {
    const target = await startUpstream(folder);
    try {
      const upload = (requests: number) => measure(target, { mode: 'append', clients: 64, requests }, seconds);
      await upload(from);
      const [tablesBefore, folderBefore] = [await tablesOf(folder), await folderBytes(folder)];
      await upload(to - from);
      const [tablesAfter, folderAfter] = [await tablesOf(folder), await folderBytes(folder)];
      const tables = tablesAfter.map(({ name, rows, bytes }) => {
        const before = tablesBefore.find((each) => each.name === name);
        return { name, rows: rows - (before?.rows ?? 0), bytes: bytes - (before?.bytes ?? 0) };
      });
      tell(`upstream: ${JSON.stringify({ tables, folder: folderAfter - folderBefore })}`);
      return { from, to, tables, folder: folderAfter - folderBefore };
    } finally {
      await target.stop();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Counts afresh: what the information schema says by itself is an old estimate. */
async function tablesOf(folder: string): Promise<Tables> {
  const query = async (statement: string): Promise<string[][]> => {
    const connection = ['--no-defaults', '-u', 'root', `--socket=${join(folder, 'mariadb.sock')}`];
    const { stdout } = await runCommand('mariadb', [
      ...connection,
      '--batch',
      '--skip-column-names',
      'rekor',
      '-e',
      statement,
    ]);
    return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')]));
  };
  const names = (await query('SHOW TABLES')).flat();
  await query(`FLUSH TABLES; ANALYZE TABLE ${names.join(', ')}`);
  const rows = await query(
    `SELECT table_name, data_length + index_length FROM information_schema.tables WHERE table_schema = 'rekor'`,
  );
  const tables: { name: string; rows: number; bytes: number }[] = [];
  for (const [name = '', bytes] of rows) {
    const [[count] = []] = await query(`SELECT count(*) FROM ${name}`);
    tables.push({ name, rows: Number(count), bytes: Number(bytes) });
  }
  return tables;
}

async function folderBytes(folder: string): Promise<number> {
  const { stdout } = await runCommand('du', ['-sb', join(folder, 'mariadb', 'rekor')]);
  return Number(stdout.split('\t')[0]);
}
