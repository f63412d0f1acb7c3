// Ends a process that a test started when whoever holds the other end of its standard input is gone, however that came.
// Loaded with `--import` before the program; a test gives it a pipe, keeps it open and writes nothing.
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.stdin.on('end', () => process.exit(1)).resume();
  // The program ends when it is done all the same.
  process.stdin.unref();
}
