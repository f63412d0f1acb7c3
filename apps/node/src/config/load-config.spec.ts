import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type ConfigSources, loadConfig } from './load-config.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(yaml: string): Promise<string> {
  const path = join(folder, 'node.yaml');
  await writeFile(path, yaml);
  return path;
}

/** What a load is refused with. */
async function refusal(sources: ConfigSources): Promise<string> {
  const error = await loadConfig(sources).then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  return error.message;
}

const dev = { dev: true };

describe('loadConfig', () => {
  it('has a default for everything but the public URL', async () => {
    const { config, folder: from, warnings } = await loadConfig({ flags: { publicUrl: 'https://log.example' } });
    expect(from).toBe(process.cwd());
    expect(warnings).toEqual([]);
    const policy = (id: string) => expect.objectContaining({ policy: id });
    expect(config).toEqual({
      data: './countersign-data',
      host: '127.0.0.1',
      port: 3000,
      publicUrl: 'https://log.example',
      dev: false,
      readOnly: false,
      log: {
        entryZero: true,
        attestations: false,
        admission: {
          mode: 'enforce',
          policies: [policy('kind'), policy('algorithm')],
          tokens: [],
          issuers: [],
          trustedProxies: [],
        },
      },
      plugins: { folders: [], packages: [], digests: {}, onlyPinned: false },
      admission: { workers: expect.any(Number) },
      limits: expect.objectContaining({ bodyBytes: 8 * 1024 * 1024, attestationBytes: 102_400 }),
      logging: { level: 'info', format: 'auto' },
    });
  });

  it('takes flag over environment over file over default, key by key', async () => {
    const path = await file('port: 1\nhost: 127.0.0.2\ndata: from-file\nlimits: {bodyBytes: 2000, queueEntries: 7}\n');
    const environment = { COUNTERSIGN_PORT: '2', COUNTERSIGN_HOST: '127.0.0.3', COUNTERSIGN_LIMITS_BODY_BYTES: '3000' };
    const { config } = await loadConfig({ flags: { ...dev, port: 3, host: undefined }, environment, file: path });
    expect(config).toMatchObject({
      port: 3,
      host: '127.0.0.3',
      data: join(folder, 'from-file'),
      limits: { bodyBytes: 3000, queueEntries: 7, headerBytes: 16384 },
    });
  });

  it('reads every kind of value from the environment, and the file it names', async () => {
    const environment = {
      COUNTERSIGN_CONFIG: await file('port: 4\n'),
      COUNTERSIGN_DEV: 'true',
      COUNTERSIGN_LOG_ENTRY_ZERO: '0',
      COUNTERSIGN_PLUGINS_FOLDERS: '/a,/b',
      COUNTERSIGN_LOGGING_LEVEL: 'warn',
      OTHER: 'x',
    };
    const { config, warnings } = await loadConfig({ environment });
    expect(config).toMatchObject({
      port: 4,
      dev: true,
      log: { entryZero: false },
      plugins: { folders: ['/a', '/b'] },
      logging: { level: 'warn' },
    });
    expect(warnings).toEqual([]);
  });

  it('takes a path in the file from where the file is, and any other from the working directory', async () => {
    const path = await file(
      'data: ./d\nlog: {publish: {directory: pub}}\ntls: {cert: a.pem, key: /k.pem}\nkeys: {passphraseFile: ../p}\nplugins: {folders: [x, /y, ../z]}\n',
    );
    const { config, folder: from } = await loadConfig({ flags: dev, file: relative(process.cwd(), path) });
    expect(from).toBe(folder);
    expect(config).toMatchObject({
      data: join(folder, 'd'),
      log: { publish: { directory: join(folder, 'pub') } },
      tls: { cert: join(folder, 'a.pem'), key: '/k.pem' },
      keys: { passphraseFile: join(folder, '../p') },
      plugins: { folders: [join(folder, 'x'), '/y', join(folder, '../z')] },
    });
    const over = await loadConfig({
      flags: { ...dev, plugins: { folders: ['flag'] } },
      environment: { COUNTERSIGN_DATA: 'variable' },
      file: path,
    });
    expect(over.config).toMatchObject({ data: 'variable', plugins: { folders: ['flag'] } });
  });

  it('reads what plugins and uploads are taken, from the file and from the environment', async () => {
    const digest = 'ab'.repeat(32);
    const plugins = { packages: ['toy', '@acme/toy'], digests: { 'entry-toy': digest }, onlyPinned: true };
    const admission = { policies: [{ any: [{ policy: 'size', kinds: ['rpm:0.0.1'], settings: { bytes: 1 } }] }] };
    const path = await file(JSON.stringify({ plugins, log: { admission } }));
    expect((await loadConfig({ flags: dev, file: path })).config).toMatchObject({
      plugins,
      log: { entryZero: true, admission: { ...admission, mode: 'enforce' } },
    });
    const environment = {
      COUNTERSIGN_PLUGINS_PACKAGES: 'a,@b/c',
      COUNTERSIGN_PLUGINS_DIGESTS: `entry-toy=${digest},pki-x=${digest}`,
      COUNTERSIGN_PLUGINS_ONLY_PINNED: 'true',
      COUNTERSIGN_LOG_ADMISSION_MODE: 'warn',
      COUNTERSIGN_LOG_ADMISSION_POLICIES: '',
    };
    expect((await loadConfig({ flags: dev, environment })).config).toMatchObject({
      plugins: { packages: ['a', '@b/c'], digests: { 'entry-toy': digest, 'pki-x': digest }, onlyPinned: true },
      log: { admission: { mode: 'warn', policies: [] } },
    });
    expect((await loadConfig({ flags: dev, environment: { COUNTERSIGN_PLUGINS_DIGESTS: '' } })).config).toMatchObject({
      plugins: { digests: {} },
    });
  });

  it.each([
    'entry-toy',
    'entry-toy=',
    '=ab',
    `Entry=${'ab'.repeat(32)}`,
    `entry-toy=${'ab'.repeat(32)}=`,
  ])('refuses the digests %j of the environment', async (COUNTERSIGN_PLUGINS_DIGESTS) => {
    expect(await refusal({ flags: dev, environment: { COUNTERSIGN_PLUGINS_DIGESTS } })).toMatch(/plugins\.digests/);
  });

  it('reads where to publish, from the file and from the environment', async () => {
    const s3 = { bucket: 'log', prefix: 'a/b', region: 'eu-1', endpoint: 'https://s3.example:9000' };
    const path = await file(JSON.stringify({ log: { publish: { s3 } } }));
    expect((await loadConfig({ flags: dev, file: path })).config.log).toMatchObject({
      entryZero: true,
      publish: { s3 },
    });
    const environment = {
      COUNTERSIGN_LOG_PUBLISH_DIRECTORY: 'public',
      COUNTERSIGN_LOG_PUBLISH_S3_BUCKET: 'log',
      COUNTERSIGN_LIMITS_PUBLISH_INTERVAL_MS: '100',
    };
    expect((await loadConfig({ flags: dev, environment })).config).toMatchObject({
      log: { publish: { directory: 'public', s3: { bucket: 'log' } } },
      limits: { publishIntervalMs: 100 },
    });
  });

  it('warns of a variable that is no setting, and names the nearest', async () => {
    const { warnings } = await loadConfig({ flags: dev, environment: { COUNTERSIGN_PROT: '1' } });
    expect(warnings).toEqual([expect.stringMatching(/COUNTERSIGN_PROT is no setting.*COUNTERSIGN_PORT$/)]);
  });

  it.each([
    ['prot: 1', /node\.yaml: unknown key "prot"; did you mean "port"\?$/],
    ['limits: {bodyByte: 1}', /unknown key "limits\.bodyByte"; did you mean "limits\.bodyBytes"\?$/],
    ['toString: 1', /unknown key "toString"/],
    ['__proto__: {dev: true}', /unknown key "__proto__"/],
    ['- a', /not a mapping/],
    ['a: b: c', /node\.yaml: /],
    ['port: x', /port in body must be of type integer/],
    ['port: 65536', /port in body should be less than or equal to 65535/],
    ['tls: {cert: a}', /tls\.key in body is required/],
    ['plugins: {packages: [../x]}', /plugins\.packages\.0 in body should match/],
    ['plugins: {packages: [/x]}', /plugins\.packages\.0 in body should match/],
    ['plugins: {packages: [a/b]}', /plugins\.packages\.0 in body should match/],
    ['plugins: {packages: ["@a/../b"]}', /plugins\.packages\.0 in body should match/],
    ['plugins: {digests: {entry-toy: ab}}', /plugins\.digests\.entry-toy in body should match/],
    ['plugins: {digests: {entry-toy: null}}', /plugins\.digests\.entry-toy in body/],
    ['plugins: {digests: {../x: ab}}', /plugins\.digests/],
    ['plugins: {digests: [ab]}', /plugins\.digests in body must be of type object/],
    ['plugins: {onlyPinned: 1}', /plugins\.onlyPinned in body must be of type boolean/],
    ['plugins: {package: [x]}', /unknown key "plugins\.package"; did you mean "plugins\.packages"\?/],
    ['log: {admission: {policies: [{}]}}', /log\.admission\.policies\.0\.policy in body is required/],
    ['log: {admission: {policies: [{any: [], policy: a}]}}', /log\.admission\.policies\.0.* in body should have at/],
    ['log: {admission: {policies: [{policy: a, kinds: [a:b:c]}]}}', /policies\.0\.kinds\.0 in body should match/],
    [
      'log: {admission: {polices: []}}',
      /unknown key "log\.admission\.polices"; did you mean "log\.admission\.policies"/,
    ],
    ['log: {publish: {folder: x}}', /unknown key "log\.publish\.folder"/],
    ['log: {publish: {directory: ""}}', /log\.publish\.directory in body should be at least 1 chars long/],
    ['log: {publish: {s3: {prefix: x}}}', /log\.publish\.s3\.bucket in body is required/],
    ['log: {publish: {s3: {bucket: xyz, prefix: /x}}}', /log\.publish\.s3\.prefix in body should match/],
    ['log: {publish: {s3: {bucket: xyz, prefix: a//b}}}', /log\.publish\.s3\.prefix in body should match/],
    ['log: {publish: {s3: {bucket: xyz, endpoint: "ftp://x"}}}', /log\.publish\.s3\.endpoint in body should match/],
    ['log: {publish: {s3: {bucket: xyz, endpoint: "http://a:b@x"}}}', /endpoint is not .* without credentials/],
    ['log: {publish: {s3: {bucket: xyz, endpoint: "http://"}}}', /endpoint is not an http or https URL/],
    ['limits: {publishIntervalMs: 99}', /limits\.publishIntervalMs in body should be greater than or equal to 100/],
    ['limits: {publishIntervalMs: 3600001}', /limits\.publishIntervalMs in body should be less than or equal/],
    ['logging: {level: loud}', /logging\.level in body should be one of/],
  ])('refuses the file %j', async (yaml, message) => {
    expect(await refusal({ flags: dev, file: await file(yaml) })).toMatch(message);
  });

  it('refuses a file that is not there, a flag and a variable that are wrong', async () => {
    expect(await refusal({ flags: dev, file: join(folder, 'none.yaml') })).toMatch(/none\.yaml.*ENOENT/);
    expect(await refusal({ flags: { dve: true } })).toMatch(/command line: unknown key "dve"; did you mean "dev"\?/);
    expect(await refusal({ flags: dev, environment: { COUNTERSIGN_PORT: 'tcp://10.0.0.1:80' } })).toMatch(
      /COUNTERSIGN_PORT must be of type integer/,
    );
    expect(await refusal({ environment: { COUNTERSIGN_DEV: 'yes' } })).toMatch(
      /COUNTERSIGN_DEV must be of type boolean/,
    );
  });

  it('takes an empty file for no settings', async () => {
    expect((await loadConfig({ flags: dev, file: await file('') })).config.port).toBe(3000);
  });

  it.each([
    [{}, /publicUrl is required/],
    [{ dev: true, host: '0.0.0.0' }, /host 0\.0\.0\.0 is not/],
    [{ dev: true, host: '::' }, /host :: is not/],
    [{ dev: true, publicUrl: 'https://log.example' }, /publicUrl https:\/\/log\.example is not/],
    [{ publicUrl: 'https://log.example/rekor' }, /scheme, host and port only/],
    [{ publicUrl: 'https://log.example/?x' }, /scheme, host and port only/],
    [{ publicUrl: 'https://user:pw@log.example' }, /credentials/],
    [{ publicUrl: 'http://' }, /not an http or https URL/],
    [{ publicUrl: 'ftp://log.example' }, /should match/],
  ])('refuses %j', async (flags, message) => {
    expect(await refusal({ flags })).toMatch(message);
  });

  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('takes %s under dev', async (host) => {
    expect((await loadConfig({ flags: { dev: true, host } })).config.host).toBe(host);
  });
});
