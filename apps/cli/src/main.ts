import { homedir } from 'node:os';
import { isatty } from 'node:tty';
import { run } from './run.ts';

// A reader that has seen enough (`| head`) is no failure. A terminal that is gone (EIO) is one that SIGHUP tells of.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EIO') process.exit(error.code === 'EPIPE' ? 0 : 1);
});
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EIO') process.exit(1);
});

let terminalGone = false;
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
  onHangup(handler) {
    const terminals = [0, 1, 2].filter((fd) => isatty(fd));
    const listener = (): void => {
      // After a hangup the device is no terminal any more.
      terminalGone = terminals.some((fd) => !isatty(fd));
      handler(terminalGone);
    };
    process.on('SIGHUP', listener);
    return () => void process.off('SIGHUP', listener);
  },
  abort: (exitCode) => process.exit(exitCode),
});
// Node aborts at its end when it cannot set its terminal back: end as whom a signal ended, which is true besides.
if (terminalGone) process.kill(process.pid, 'SIGHUP');
