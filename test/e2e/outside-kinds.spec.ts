import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanEnvironment, type Finished, run } from '../compat/support/run.ts';
import { itWithTools } from '../compat/support/tools.ts';
import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { type OutsideProject, outsideProject } from './support/packed-kit.ts';

// Two kinds as somebody else would write them: nothing in the repository imports them, and they see the packed kit alone.
const kinds = ['firmware-header', 'sbom-manifest'] as const;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

const folder = temporaryFolder();
let project: OutsideProject;
let node: NodeProcess;
const path = (name: string) => join(folder.path(), name);

beforeAll(async () => {
  project = await outsideProject(folder.path());
  cpSync('test/fixtures/outside-plugins', path('plugins'), { recursive: true });
  for (const kind of kinds) {
    // First with its test, as an editor sees it; then as it is built, one module beside each source.
    const options = { extends: `./plugins/${kind}/tsconfig.json`, skipLibCheck: false };
    await project.compile({ ...options, allowJs: true, checkJs: true, noEmit: true }, `plugins/${kind}`);
    await project.compile(options, `plugins/${kind}`);
  }
  node = await NodeProcess.start({
    data: path('data'),
    plugins: { folders: [path('plugins')] },
    log: { attestations: true },
  });
}, 120_000);

afterAll(async () => {
  await node?.stop();
});

/** Runs our command line, which loads the plugins, too. */
function cli(...args: string[]): Promise<Finished> {
  const program = resolve('apps/cli/bin/countersign.js');
  const url = ['--rekor_server', node.url];
  return run(process.execPath, [program, ...args, ...url], {
    env: cleanEnvironment(folder.path()),
    cwd: folder.path(),
  });
}

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(...args);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** Uploads, and gives what each criterion of a search has to find; then uploads again, and verifies. */
async function upload(kind: string, ...flags: string[]): Promise<string> {
  const all = ['--type', kind, '--plugin-folder', 'plugins', ...flags];
  const [, id = 'none'] = /\/([0-9a-f]{80})\n$/.exec(await ok('upload', ...all)) ?? [];
  expect(await ok('upload', ...all)).toContain(
    `Entry already exists; available at: ${node.url}/api/v1/log/entries/${id}`,
  );
  expect(await ok('verify', ...all)).toContain(`Entry Hash: ${id.slice(16)}`);
  return id;
}

/** Each of these criteria finds the entry, as its type shows it, and all of them nothing else. */
async function finds(id: string, shown: object, ...criteria: string[]): Promise<void> {
  const { entries } = JSON.parse(await ok('search', '--format', 'json', '--operator', 'and', ...criteria));
  expect(entries).toEqual([expect.objectContaining({ uuid: id, display: shown })]);
}

/** A firmware image behind its header, signed by a new key. */
function makeFirmware(
  algorithm: 'ed25519' | 'ecdsa',
  device: string,
): { firmware: Buffer; image: Buffer; key: string } {
  const { publicKey, privateKey } =
    algorithm === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const image = Buffer.from(`the image of ${device}\n`);
  const header = Buffer.alloc(112);
  header.write('\x89FWH\r\n\x1a\n', 'latin1');
  for (const [at, value] of [
    [8, 1],
    [10, algorithm === 'ed25519' ? 1 : 2],
    [14, image.length],
    [16, 4],
    [18, 0],
    [20, 7],
  ] as const) {
    header.writeUInt16BE(value, at);
  }
  header.write(device, 24, 'latin1');
  sha256(image).copy(header, 48);
  sha256(publicKey.export({ format: 'der', type: 'spki' })).copy(header, 80);
  const signature = sign(algorithm === 'ed25519' ? null : 'sha256', header, privateKey);
  const firmware = Buffer.concat([header, Buffer.from([0, signature.length]), signature, image]);
  return { firmware, image, key: publicKey.export({ format: 'pem', type: 'spki' }).toString() };
}

function makeSbom(name: string) {
  const serial = '00000000-0000-4000-8000-000000000001';
  return Buffer.from(
    JSON.stringify({
      bomFormat: 'CycloneDX',
      serialNumber: `urn:uuid:${serial}`,
      metadata: { component: { name, version: '1.0.0', purl: `pkg:generic/${name}@1.0.0` } },
      components: [{ name: 'left' }, { name: 'right' }],
    }),
  );
}

describe.each(kinds)('%s', (kind) => {
  it('is tested by the packed kit', async () => {
    const said = await project.ok('node', '--test', `plugins/${kind}/${kind}.handler.spec.js`);
    expect(said).toMatch(/^# pass [1-9]\d+$/m);
    expect(said).toMatch(/^# fail 0$/m);
  });

  it('passes its vectors in a node’s surroundings', async () => {
    const said = await project.ok('countersign', 'plugin', 'check', `plugins/${kind}`);
    expect(said).toContain('proposes what is admitted as the same entry');
    expect(said).toMatch(/^[1-9]\d+ passed$/m);
  });
});

describe('firmware-header', () => {
  it.each([
    'ed25519',
    'ecdsa',
  ] as const)('is uploaded, verified and found, without the image: %s', async (algorithm) => {
    const { firmware, image, key } = makeFirmware(algorithm, `meter-${algorithm}`);
    writeFileSync(path('firmware.bin'), firmware);
    writeFileSync(path('image.bin'), image);
    writeFileSync(path('key.pem'), key);
    const id = await upload('firmware-header', '--artifact', 'firmware.bin', '--public-key', 'key.pem');
    const digest = sha256(image).toString('hex');
    await finds(
      id,
      { kind: 'firmware-header', title: `meter-${algorithm} 4.0.7`, digest: `sha256:${digest}` },
      ...['--key', `firmware-header:meter-${algorithm}:4.0.7`],
      ...['--prefix', `firmware-header:meter-${algorithm}:`],
      ...['--artifact', 'image.bin'],
      ...['--public-key', 'key.pem', '--pki-format', 'x509'],
    );
    const shown = JSON.parse(await ok('get', '--uuid', id, '--format', 'json'));
    expect(JSON.stringify(shown.Body)).toContain(`"image":{"length":${image.length},"sha256":"${digest}"}`);
    expect(JSON.stringify(shown)).not.toContain(image.toString('base64').slice(0, 16));
  });

  it('is refused with another image by the client, and with another header by the log', async () => {
    const { firmware, key } = makeFirmware('ed25519', 'refused');
    writeFileSync(path('other.bin'), Buffer.concat([firmware, Buffer.from('!')]));
    writeFileSync(path('other.pem'), key);
    const flags = ['--type', 'firmware-header', '--plugin-folder', 'plugins', '--public-key', 'other.pem'];
    const refused = await cli('upload', ...flags, '--artifact', 'other.bin');
    expect(refused).toMatchObject({
      code: expect.any(Number),
      stderr: expect.stringContaining('the image is not the one'),
    });
    expect(refused.code).not.toBe(0);

    firmware[16] = 1;
    const header = firmware.subarray(0, 112 + 2 + 64).toString('base64');
    const spec = { header, publicKey: Buffer.from(key).toString('base64') };
    const proposal = { kind: 'firmware-header', apiVersion: '0.0.1', spec };
    const forged = await post(node.url, '/api/v1/log/entries', proposal);
    expect(forged).toMatchObject({ status: 400, json: { message: expect.stringContaining('invalid signature') } });
  });
});

describe('sbom-manifest', () => {
  const made: readonly { format: string; tool?: string; sign: (name: string) => Promise<string> }[] = [
    {
      format: 'x509',
      sign: async (name) => {
        const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        return signWith(privateKey, publicKey, name);
      },
    },
    {
      format: 'ssh',
      tool: 'ssh-keygen',
      sign: async (name) => {
        await project.ok('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'sbom@example.com', '-f', path('ssh'));
        await project.ok('ssh-keygen', '-q', '-Y', 'sign', '-n', 'file', '-f', path('ssh'), name);
        return path('ssh.pub');
      },
    },
  ];

  async function signWith(privateKey: KeyObject, publicKey: KeyObject, name: string): Promise<string> {
    writeFileSync(`${name}.sig`, sign('sha256', readFileSync(name), privateKey));
    writeFileSync(path('sbom.pem'), publicKey.export({ format: 'pem', type: 'spki' }));
    return path('sbom.pem');
  }

  for (const { format, tool = 'sh', sign: signFile } of made) {
    itWithTools(tool)(`is uploaded, verified and found: ${format}`, async () => {
      const name = path(`${format}.json`);
      const document = makeSbom(format);
      writeFileSync(name, document);
      const key = await signFile(name);
      const flags = ['--pki-format', format, '--artifact', name, '--signature', `${name}.sig`, '--public-key', key];
      const id = await upload('sbom-manifest', ...flags);
      const digest = sha256(document).toString('hex');
      await finds(
        id,
        { kind: 'sbom-manifest', title: `SBOM of ${format} 1.0.0`, digest: `sha256:${digest}` },
        ...['--key', 'sbom-manifest:urn:uuid:00000000-0000-4000-8000-000000000001'],
        ...['--key', `sbom-manifest:pkg:generic/${format}@1.0.0`],
        ...['--artifact', name],
        ...['--public-key', key, '--pki-format', format],
        ...(format === 'ssh' ? ['--email', 'sbom@example.com'] : []),
      );
      const { Body, Attestation } = JSON.parse(await ok('get', '--uuid', id, '--format', 'json'));
      expect(Attestation).toBe(document.toString());
      const shown = JSON.stringify(Body);
      expect(shown).toContain(`"components":2,"id":"urn:uuid:`);
      expect(shown).toContain(`"digest":"${digest}"`);
    });
  }
});

it('tells clients of both kinds, by schema', async () => {
  const { json: told } = await ask(node.url, '/api/v1/log/kinds');
  for (const kind of kinds) {
    const schema = JSON.parse(readFileSync(path(`plugins/${kind}/${kind}.v0.0.1.schema.json`), 'utf8'));
    const entryTypes = expect.arrayContaining([expect.objectContaining({ kind, apiVersion: '0.0.1', schema })]);
    expect(told).toMatchObject({ entryTypes });
  }
});
