import { spawnSync } from 'node:child_process';
import * as crypto from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { nativeBackend } from './native-backend.ts';

const source = fileURLToPath(new URL('../native/', import.meta.url));
const name = `verify-${process.platform}-${process.arch}-${process.versions.modules}.node`;

/** Runs the install script of a copy of `native/`. */
function install(environment: NodeJS.ProcessEnv, node = process.execPath) {
  const { status, stderr } = spawnSync(node, [join(folder, 'build.mjs')], {
    env: { PATH: process.env.PATH, npm_config_nodedir: process.env.npm_config_nodedir, ...environment },
    encoding: 'utf8',
  });
  return { status, stderr, built: existsSync(join(folder, 'build')) ? readdirSync(join(folder, 'build')) : [] };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  for (const file of ['build.mjs', 'verify.c']) copyFileSync(join(source, file), join(folder, file));
});
afterEach(() => rmSync(folder, { recursive: true }));

const fallback = /^countersign: the native digest verifier was not built: .*JavaScript/s;

describe('the install script', () => {
  it('goes on without a compiler, and says what runs instead', () => {
    const { status, stderr, built } = install({ CC: join(folder, 'no-such-compiler') });
    expect(status).toBe(0);
    expect(stderr).toMatch(fallback);
    expect(stderr).toContain('no-such-compiler');
    expect(built).toEqual([]);
  });

  it('goes on when the compiler fails, and keeps no half of an addon', () => {
    const { status, stderr, built } = install({ CC: 'false' });
    expect(status).toBe(0);
    expect(stderr).toMatch(fallback);
    expect(built).toEqual([]);
  });

  it('goes on without headers', () => {
    // The headers are looked for beside the program: this copy has none.
    const bin = join(folder, 'node', 'bin');
    mkdirSync(bin, { recursive: true });
    copyFileSync(process.execPath, join(bin, 'node'));
    const { status, stderr, built } = install({ npm_config_nodedir: folder }, join(bin, 'node'));
    expect(status).toBe(0);
    expect(stderr).toMatch(fallback);
    expect(stderr).toMatch(/headers/);
    expect(built).toEqual([]);
  });

  it('builds nothing when switched off', () => {
    const { status, stderr, built } = install({ COUNTERSIGN_NO_NATIVE: '1' });
    expect(status).toBe(0);
    expect(stderr).toMatch(fallback);
    expect(built).toEqual([]);
  });

  (nativeBackend ? it : it.skip)('builds without a word where it can', () => {
    expect(install({})).toEqual({ status: 0, stderr: '', built: [name] });
  });
});

(nativeBackend ? describe : describe.skip)('the addon', () => {
  const path = join(source, 'build', name);
  const addon = { exports: {} as Record<string, (...args: unknown[]) => unknown> };
  if (nativeBackend) process.dlopen(addon, path);
  const call = (name: string, ...args: unknown[]) => addon.exports[name]?.(...args);

  it('runs in several threads at once, and again after they have ended', async () => {
    const { publicKey, privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-65);
    const signature = crypto.sign('sha256', Buffer.from('x'), privateKey);
    const script = `
      const { parentPort, workerData: { path, point, digest, signature } } = require('node:worker_threads');
      const addon = { exports: {} };
      process.dlopen(addon, path);
      let valid = 0;
      for (let i = 0; i < 200; i++) {
        const key = addon.exports.loadEcKey('P-256', point);
        if (addon.exports.verifyDigest(key, 0, digest, signature)) valid++;
        digest[i % 32] ^= 1;
        if (!addon.exports.verifyDigest(key, 0, digest, signature)) valid++;
        digest[i % 32] ^= 1;
      }
      parentPort.postMessage(valid);`;
    const run = () =>
      new Promise((resolve, reject) => {
        const digest = crypto.hash('sha256', 'x', 'buffer');
        const worker = new Worker(script, { eval: true, workerData: { path, point, digest, signature } });
        worker.once('message', (valid) => worker.once('exit', () => resolve(valid)));
        worker.once('error', reject);
      });
    expect(await Promise.all([run(), run(), run()])).toEqual([400, 400, 400]);
    expect(await run()).toBe(400);
  });

  it('throws on arguments of the wrong type, and never reads beyond them', () => {
    const key = call('loadRsaKey', Uint8Array.of(1, 1), Uint8Array.of(3));
    const bytes = new Uint8Array(32);
    expect(call('verifyDigest', key, 1, new Uint8Array(), new Uint8Array())).toBe(false);
    for (const args of [
      [],
      [key],
      [{}, 0, bytes, bytes],
      [bytes, 0, bytes, bytes],
      [undefined, 0, bytes, bytes],
      [key, 3, bytes, bytes],
      [key, -1, bytes, bytes],
      [key, 'ecdsa', bytes, bytes],
      [key, 1, 'digest', bytes],
      [key, 1, bytes, new Uint16Array(4)],
      [key, 1, bytes, new DataView(bytes.buffer)],
      [key, 1, bytes, bytes.buffer],
    ]) {
      expect(() => call('verifyDigest', ...args)).toThrow('verifyDigest takes');
    }
    expect(() => call('loadEcKey', 'P-256')).toThrow('loadEcKey takes');
    expect(() => call('loadEcKey', 1, bytes)).toThrow('loadEcKey takes');
    expect(() => call('loadRsaKey', bytes, 3)).toThrow('loadRsaKey takes');
  });

  it('loads no key from nonsense', () => {
    expect(call('loadEcKey', 'P-256', new Uint8Array())).toBeUndefined();
    expect(call('loadEcKey', 'no curve', new Uint8Array(65))).toBeUndefined();
    expect(call('loadEcKey', 'x'.repeat(1000), new Uint8Array(65))).toBeUndefined();
    expect(call('loadEcKey', '', new Uint8Array(65))).toBeUndefined();
  });
});
