import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { leashed, leashedEnvironment } from './leash.ts';

const holders: ChildProcess[] = [];
const left: number[] = [];
afterAll(() => {
  for (const holder of holders) holder.kill('SIGKILL');
  for (const pid of left) process.kill(pid, 'SIGKILL');
});

/** A process that starts another one, which says its process id and would run for ever, and waits for it. */
function hold(program: string, args: readonly string[], environment: object): ChildProcess {
  const start = `require('node:child_process').spawn(${JSON.stringify(program)}, ${JSON.stringify(args)},
    { env: { ...process.env, ...${JSON.stringify(environment)} }, stdio: ['pipe', 'inherit', 'inherit'] })`;
  const holder = spawn(process.execPath, ['--eval', start], { stdio: ['ignore', 'pipe', 'inherit'] });
  holders.push(holder);
  return holder;
}

const forEver = 'process.stdout.write(String(process.pid)); setInterval(() => {}, 1000)';

it.each([
  ['a program', process.execPath, [...leashed, '--eval', forEver], {}],
  ['what a shell started', 'sh', ['-c', `'${process.execPath}' --eval '${forEver}'; true`], leashedEnvironment],
])('%s ends when the test that started it is killed', async (_, program, args, environment) => {
  const holder = hold(program, args, environment);
  const [chunk] = await once(holder.stdout ?? holder, 'data');
  left.push(Number(String(chunk)));
  const closed = once(holder.stdout ?? holder, 'close');
  holder.kill('SIGKILL');
  // Its output is closed when the last of them is gone.
  await closed;
  left.pop();
});
