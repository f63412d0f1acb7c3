import { compileSchema } from '@countersign/schema';
import { configSchema, type LogV1SchemaName, logV1Schemas, pluginManifestSchema } from '@countersign/schemas';

const hex64 = 'ab'.repeat(32);
const hex80 = `${'0'.repeat(15)}1${hex64}`;

/** A copy with one member replaced, by dotted path; `undefined` removes it. */
function changed(value: object, path: string, to: unknown): unknown {
  const copy = structuredClone(value);
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  let parent = copy as Record<string, unknown>;
  for (const step of steps) parent = parent[step] as Record<string, unknown>;
  if (to === undefined) delete parent[last];
  else parent[last] = to;
  return copy;
}

describe('plugin.json', () => {
  const check = compileSchema(pluginManifestSchema);
  const manifest = {
    name: 'entry-acme',
    version: '1.0.0',
    apiVersion: '^1.0.0',
    provides: [
      {
        type: 'entry',
        id: 'acme',
        version: '0.0.1',
        schema: 'acme.v0.0.1.schema.json',
        takes: { artifact: 'content', signature: 'detached', publicKeys: 'one', pkiFormats: ['x509'] },
        entry: 'lib/acme.handler.js',
      },
      { type: 'pki', id: 'x509', version: '1.0.0', entry: 'x509.js' },
      { type: 'policy', id: 'p', version: '1.0.0', phase: 'admission', schema: 's.json', entry: 'p.js' },
    ],
  };

  it('takes every kind of provision', () => {
    expect(check(manifest)).toBeUndefined();
  });

  it.each([
    ['name', undefined],
    ['name', 'Entry'],
    ['name', '../x'],
    ['version', '1.0'],
    ['version', 1],
    ['apiVersion', ''],
    ['provides', []],
    ['provides', undefined],
    ['permissions', ['network']],
    ['provides.0', null],
    ['provides.0.type', 'widget'],
    ['provides.0.type', undefined],
    ['provides.0.phase', 'admission'],
    ['provides.0.schema', undefined],
    ['provides.0.takes', undefined],
    ['provides.0.takes.artifact', 'digest'],
    ['provides.0.takes.signature', undefined],
    ['provides.0.takes.publicKeys', 'two'],
    ['provides.0.takes.pkiFormats', []],
    ['provides.0.takes.more', 1],
    ['provides.1.takes', {}],
    ['provides.1.schema', 's.json'],
    ['provides.2.phase', 'never'],
    ['provides.2.phase', undefined],
    ['provides.0.id', '__proto__'],
    ['provides.0.id', 'a'.repeat(65)],
    ['provides.0.entry', '../outside.js'],
    ['provides.0.entry', 'a/../../outside.js'],
    ['provides.0.entry', '/etc/passwd'],
    ['provides.0.entry', 'C:\\x.js'],
    ['provides.0.entry', './x.js'],
    ['provides.0.entry', 'a//b.js'],
    ['provides.0.entry', '.hidden/x.js'],
    ['provides.0.entry', 'x.js\n'],
    ['provides.0.entry', 'file:x.js'],
    ['provides.0.entry', '%2e%2e/x.js'],
    ['provides.0.entry', ''],
  ])('refuses %s = %j', (path, value) => {
    expect(check(changed(manifest, path, value))?.path).toMatch(new RegExp(`^${path.split('.')[0]}`));
  });

  it('names the unknown key', () => {
    expect(check({ ...manifest, licence: 'x' })).toMatchObject({ code: 616, path: 'licence' });
  });
});

describe('the log API v1', () => {
  const check = (name: LogV1SchemaName, value: unknown) => compileSchema(logV1Schemas[name])(value);
  const proof = { checkpoint: 'x', hashes: [hex64], logIndex: 0, rootHash: hex64, treeSize: 2 };
  const entry = {
    [hex80]: {
      body: 'e30=',
      integratedTime: 1,
      logID: hex64,
      logIndex: 0,
      verification: { inclusionProof: proof, signedEntryTimestamp: 'AAAA' },
    },
  };
  const shard = { rootHash: hex64, signedTreeHead: 'x', treeID: '12', treeSize: 0 };
  const samples: [LogV1SchemaName, object | null][] = [
    ['ProposedEntry', { kind: 'hashedrekord', apiVersion: '0.0.1', spec: {}, extra: 1 }],
    ['RetrieveRequest', null],
    ['RetrieveRequest', { entryUUIDs: [hex64, hex80.toUpperCase()], logIndexes: null, entries: [] }],
    ['RetrieveRequest', { logIndexes: [0, Number.MAX_SAFE_INTEGER] }],
    ['IndexQuery', {}],
    ['IndexQuery', { email: 'a@example.com', hash: `sha256:${hex64}`, operator: 'and', publicKey: { format: 'x509' } }],
    ['LogEntry', entry],
    ['LogInfo', { ...shard, inactiveShards: null }],
    ['LogInfo', { ...shard, inactiveShards: [shard] }],
    ['ConsistencyProof', { rootHash: hex64, hashes: [] }],
    ['Error', { code: 602, message: 'kind in body is required' }],
  ];

  it.each(samples)('%s takes %j', (name, value) => {
    expect(check(name, value)).toBeUndefined();
  });

  // Messages as rekor-server 1.5.4 gives them.
  it.each<[LogV1SchemaName, unknown, number, string]>([
    ['ProposedEntry', {}, 602, 'kind in body is required'],
    ['ProposedEntry', { kind: 'x', spec: {} }, 602, 'apiVersion in body is required'],
    ['ProposedEntry', { kind: 'x', apiVersion: '0.0.1' }, 602, 'spec in body is required'],
    ['ProposedEntry', { kind: 'x', apiVersion: '0.0.1', spec: null }, 602, 'spec in body is required'],
    ['RetrieveRequest', { entryUUIDs: [] }, 612, 'entryUUIDs in body should have at least 1 items'],
    ['RetrieveRequest', { logIndexes: [] }, 612, 'logIndexes in body should have at least 1 items'],
    ['RetrieveRequest', { logIndexes: Array(11).fill(1) }, 611, 'logIndexes in body should have at most 10 items'],
    ['RetrieveRequest', { logIndexes: [-1] }, 609, 'logIndexes.0 in body should be greater than or equal to 0'],
    [
      'RetrieveRequest',
      { entryUUIDs: ['x'] },
      605,
      "entryUUIDs.0 in body should match '^([0-9a-fA-F]{64}|[0-9a-fA-F]{80})$'",
    ],
    ['IndexQuery', { email: 'notmail' }, 601, 'email in body must be of type email: "notmail"'],
    ['IndexQuery', { subject: 'a'.repeat(513) }, 603, 'subject in body should be at most 512 chars long'],
    ['IndexQuery', { operator: 'xor' }, 606, 'operator in body should be one of [and or]'],
    [
      'IndexQuery',
      { hash: 'xx' },
      605,
      "hash in body should match '^(sha512:)?[0-9a-fA-F]{128}$|^(sha256:)?[0-9a-fA-F]{64}$|^(sha1:)?[0-9a-fA-F]{40}$'",
    ],
  ])('%s refuses %j as upstream does', (name, value, code, message) => {
    expect(check(name, value)).toMatchObject({ code, message });
  });

  it('refuses an apiVersion that is no version, with the pattern upstream shows', () => {
    const issue = check('ProposedEntry', { kind: 'x', apiVersion: 'abc', spec: {} });
    expect(issue?.code).toBe(605);
    expect(issue?.message).toMatch(/^apiVersion in body should match '\^\(0\|\[1-9\]\\d\*\)\\\./);
  });

  it.each<[LogV1SchemaName, unknown]>([
    ['LogEntry', {}],
    ['LogEntry', { ...entry, ['0'.repeat(80)]: entry[hex80] }],
    ['LogEntry', { [hex64]: entry[hex80] }],
    ['LogEntry', changed(entry, `${hex80}.verification.inclusionProof.hashes`, undefined)],
    ['LogEntry', changed(entry, `${hex80}.verification.inclusionProof.hashes`, null)],
    ['LogEntry', changed(entry, `${hex80}.verification.inclusionProof.treeSize`, 0)],
    ['LogEntry', changed(entry, `${hex80}.logIndex`, '0')],
    ['LogInfo', shard],
    ['LogInfo', { ...shard, inactiveShards: null, treeID: 12 }],
    ['ConsistencyProof', { rootHash: hex64, hashes: null }],
    ['ConsistencyProof', { rootHash: hex64.toUpperCase(), hashes: [] }],
  ])('%s refuses %j', (name, value) => {
    expect(check(name, value)).toBeDefined();
  });
});

describe('the configuration', () => {
  const check = compileSchema(configSchema);
  interface Part {
    readonly default?: unknown;
    readonly properties?: Readonly<Record<string, Part>>;
  }
  const defaultsOf = ({ default: value, properties }: Part): unknown =>
    properties === undefined
      ? value
      : Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, defaultsOf(part)]));
  const config = {
    ...(defaultsOf(configSchema) as object),
    publicUrl: 'https://log.example.com',
    admission: { workers: 1 },
    tls: { cert: 'cert.pem', key: 'key.pem' },
    log: {
      entryZero: true,
      attestations: false,
      admission: {
        mode: 'enforce',
        policies: [{ policy: 'kind' }, { any: [{ policy: 'kind' }] }],
        tokens: [],
        issuers: [],
        trustedProxies: [],
      },
      publish: { directory: 'public', s3: { bucket: 'log' } },
    },
  };

  it('takes its own defaults, with what has none', () => {
    expect(check(config)).toBeUndefined();
  });

  it.each([
    ['prot', 3000],
    ['port', '3000'],
    ['port', 65_536],
    ['port', -1],
    ['host', ''],
    ['publicUrl', 'log.example.com'],
    ['publicUrl', 'ftp://log.example.com'],
    ['log.admission.mode', 'off'],
    ['log.admission.policies', {}],
    ['log.admission.policies', Array(33).fill({ policy: 'kind' })],
    ['log.admission.policies.0.policy', 'Kind'],
    ['log.admission.policies.0.policy', undefined],
    ['log.admission.policies.0.kinds', []],
    ['log.admission.policies.0.setings', {}],
    ['log.admission.policies.1.any', []],
    ['log.admission.policies.1.any', Array(17).fill({ policy: 'kind' })],
    ['log.admission.policies.1.any.0.any', []],
    ['log.publish.s3.bucket', undefined],
    ['log.publish.s3.prefix', '/log'],
    ['limits.publishIntervalMs', 99],
    ['admission.workers', 0],
    ['log.attestations', 102_400],
    ['limits.attestationBytes', 0],
    ['limits.attestationBytes', 1_048_577],
    ['limits.bodyBytes', 0],
    ['limits.bodyBytes', 1.5],
    ['logging.level', 'loud'],
    ['tls.key', undefined],
  ])('refuses %s = %j', (path, value) => {
    expect(check(changed(config, path, value))?.path).toBe(path);
  });
});
