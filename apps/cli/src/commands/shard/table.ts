import type { readShards } from '@countersign/node';
import type { Io } from '../../io.ts';
import { printable } from '../../text/printable.ts';

/** Prints shards, the oldest first: a table, or JSON. */
export function printShards(io: Io, format: 'default' | 'json', shards: Awaited<ReturnType<typeof readShards>>): void {
  if (format === 'json') {
    io.out(`${JSON.stringify(shards)}\n`);
    return;
  }
  const rows = shards.map(({ id, treeId, state, size, firstIndex, createdAt, origin, keyFingerprint }) => [
    ...[`${id}`, treeId, state, `${size}`, `${firstIndex}`, new Date(createdAt * 1000).toISOString().slice(0, 19)],
    ...[origin, keyFingerprint],
  ]);
  const table = [['ID', 'TREE', 'STATE', 'SIZE', 'FIRST', 'CREATED', 'ORIGIN', 'KEY SHA-256'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = table.map((row) => row.map((cell = '', column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  io.out(printable(`${lines.map((line) => line.trimEnd()).join('\n')}\n`));
}
