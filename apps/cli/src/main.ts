import { homedir } from 'node:os';
import { run } from './run.ts';

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
  home: homedir(),
  get stdin() {
    return process.stdin;
  },
  terminal: process.stderr.isTTY === true,
  columns: process.stdout.columns ?? 80,
  now: Date.now,
  every(milliseconds, handler) {
    const timer = setInterval(handler, milliseconds).unref();
    return () => clearInterval(timer);
  },
  onStop(handler) {
    process.on('SIGTERM', handler).on('SIGINT', handler);
    return () => void process.off('SIGTERM', handler).off('SIGINT', handler);
  },
  abort: (exitCode) => process.exit(exitCode),
});
