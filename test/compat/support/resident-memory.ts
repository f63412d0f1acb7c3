import { readFileSync } from 'node:fs';

/** Resident memory of a process in bytes: now, and at most since it began. Linux alone tells. */
export function residentMemory(pid: number): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
  return { now: kibibytes('VmRSS') * 1024, most: kibibytes('VmHWM') * 1024 };
}
