import type { StartEvents } from '@countersign/node';
import { jest } from '@jest/globals';
import type { Io } from '../io.ts';
import { testIo } from '../testing/test-io.ts';

const close = jest.fn(async () => {});
const reload = jest.fn(async (_load: () => Promise<unknown>) => {});
const loadConfig = jest.fn(async (_sources: unknown) => ({
  config: { dev: true },
  folder: '/etc/countersign',
  warnings: ['COUNTERSIGN_X is no setting'],
}));
const startNode = jest.fn(async (_config: unknown, { onCreated, onLoaded }: StartEvents) => {
  onLoaded?.([
    { type: 'pki', id: 'x509', version: '0.0.1', plugin: 'pki-x509', pluginVersion: '0.1.0', digest: 'ab12' },
  ]);
  onCreated?.('signing key of the log');
  return { url: 'http://127.0.0.1:3000', workers: 1, verifier: 'pure', close, reload };
});
jest.unstable_mockModule('@countersign/node', () => ({ loadConfig, startNode }));
const { run } = await import('./up.ts');

/** An Io whose signals and clock the test gives. */
function controlled(change: Partial<Io> = {}) {
  const control = {
    signal: (_signal: string) => {},
    hangup: (_terminalGone: boolean) => {},
    time: 0,
    aborted: [] as number[],
    ended: false,
  };
  const io = testIo('/nowhere', {
    onStop: (handler) => {
      control.signal = handler;
      return () => {
        control.ended = true;
      };
    },
    onHangup: (handler) => {
      control.hangup = handler;
      return () => {
        control.ended = true;
      };
    },
    now: () => control.time,
    abort: (code) => control.aborted.push(code),
    ...change,
  });
  return { io, control };
}

beforeEach(() => jest.clearAllMocks());

describe('up', () => {
  it('says what it made, where it is and what to try, and drains when told to stop', async () => {
    const { io, control } = controlled();
    const running = run({ entryZero: true }, io);
    await new Promise(setImmediate);
    expect(io.written.err).toMatchInlineSnapshot(`
"countersign: warning: COUNTERSIGN_X is no setting
loaded pki x509 0.0.1 (sha256 ab12)
made signing key of the log

Ready: http://127.0.0.1:3000 (1 worker)
Signatures are verified in pure JavaScript, which is slow: no compiler was found when this was installed.
Try, in another terminal:

  1. Sign something:
     openssl ecparam -name prime256v1 -genkey -noout -out hello.key && openssl pkey -in hello.key -pubout -out hello.pub && echo hello > hello.txt && openssl dgst -sha256 -sign hello.key -out hello.sig hello.txt
  2. Put the signature into the log:
     npx countersign upload --rekor_server http://127.0.0.1:3000 --artifact hello.txt --signature hello.sig --public-key hello.pub
  3. Prove that it is there:
     npx countersign verify --rekor_server http://127.0.0.1:3000 --artifact hello.txt --signature hello.sig --public-key hello.pub

"
`);
    expect(io.written.out).toBe('');
    expect(close).not.toHaveBeenCalled();
    control.signal('SIGTERM');
    await running;
    expect(close).toHaveBeenCalledTimes(1);
    expect(control.aborted).toEqual([]);
    expect(control.ended).toBe(true);
    expect(io.written.err).toContain('SIGTERM: stopping');
  });

  it('stops at once on a second signal, which is not the first one passed on twice', async () => {
    let closed = () => {};
    close.mockImplementationOnce(
      () =>
        new Promise<void>((resolve) => {
          closed = resolve;
        }),
    );
    const { io, control } = controlled();
    const running = run({ entryZero: true }, io);
    await new Promise(setImmediate);
    control.signal('SIGINT');
    await new Promise(setImmediate);
    control.time = 999;
    control.signal('SIGINT');
    expect(control.aborted).toEqual([]);
    control.time = 1000;
    control.signal('SIGINT');
    control.signal('SIGTERM');
    expect(control.aborted).toEqual([130, 143]);
    closed();
    await running;
  });

  it('stops after a start that was going on when it was told to', async () => {
    const { io, control } = controlled();
    const running = run({ entryZero: true }, io);
    control.signal('SIGTERM');
    await running;
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('reads its configuration again on SIGHUP, from where it was read at the start', async () => {
    const { io, control } = controlled();
    const running = run({ entryZero: true, config: 'c.yaml', port: 7 }, io);
    await new Promise(setImmediate);
    expect(reload).not.toHaveBeenCalled();
    control.hangup(false);
    expect(reload).toHaveBeenCalledTimes(1);
    expect(loadConfig).toHaveBeenCalledTimes(1);
    await reload.mock.calls[0]?.[0]();
    expect(loadConfig).toHaveBeenCalledTimes(2);
    expect(loadConfig.mock.calls[1]).toEqual(loadConfig.mock.calls[0]);
    expect(close).not.toHaveBeenCalled();
    control.signal('SIGTERM');
    await running;
  });

  it('does so after a start that was going on', async () => {
    const { io, control } = controlled();
    const running = run({ entryZero: true }, io);
    control.hangup(false);
    control.hangup(false);
    await new Promise(setImmediate);
    expect(reload).toHaveBeenCalledTimes(1);
    control.signal('SIGTERM');
    await running;
  });

  it('stops when SIGHUP says that its terminal is gone', async () => {
    const { io, control } = controlled();
    const running = run({ entryZero: true }, io);
    await new Promise(setImmediate);
    control.hangup(true);
    control.time = 1000;
    control.hangup(true);
    await running;
    expect([close.mock.calls.length, reload.mock.calls.length, control.aborted]).toEqual([1, 0, [129]]);
  });

  it('hands over only the flags that were given', async () => {
    const { io, control } = controlled({ env: { COUNTERSIGN_PORT: '1' } });
    const running = run({ entryZero: false, data: 'd', port: 0, dev: true, config: 'c.yaml', pluginFolder: ['p'] }, io);
    control.signal('SIGTERM');
    await running;
    expect(loadConfig).toHaveBeenCalledWith({
      flags: { data: 'd', port: 0, dev: true, log: { entryZero: false }, plugins: { folders: ['p'] } },
      environment: { COUNTERSIGN_PORT: '1' },
      file: 'c.yaml',
    });
    expect(startNode).toHaveBeenCalledWith({ dev: true }, expect.objectContaining({ folder: '/etc/countersign' }));
  });

  it('leaves all words to the log lines under a supervisor', async () => {
    loadConfig.mockResolvedValueOnce({ config: { dev: false }, folder: '/', warnings: [] });
    const { io, control } = controlled();
    const running = run({ entryZero: true }, io);
    control.signal('SIGTERM');
    await running;
    expect(io.written).toEqual({ out: '', err: '' });
  });

  it('passes on why it did not start, and listens to signals no more', async () => {
    const failure = new Error('locked');
    startNode.mockRejectedValueOnce(failure);
    const { io, control } = controlled();
    await expect(run({ entryZero: true }, io)).rejects.toBe(failure);
    expect(control.ended).toBe(true);
  });
});
