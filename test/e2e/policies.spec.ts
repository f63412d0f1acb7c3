import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { moodManifest } from '../../libs/plugin-host/src/plugin-folders.fixture.ts';
import { entryOf } from './support/entry.ts';
import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { propose } from './support/proposal.ts';
import { Authority, Signer } from './support/signers.ts';

const folder = temporaryFolder();
const entries = '/api/v1/log/entries';
let runs = 0;
let node: NodeProcess | undefined;
afterEach(async () => {
  await node?.stop();
  node = undefined;
});

/** A node on data of its own, with these policies. */
async function start(policies: readonly object[], mode = 'enforce', more: object = {}): Promise<string> {
  const data = join(folder.path(), `data-${runs++}`);
  node = await NodeProcess.start({ data, log: { admission: { mode, policies } }, ...more });
  return node.url;
}

async function upload(url: string, proposal: unknown): Promise<{ readonly status: number; readonly message?: string }> {
  const { status, json } = await post(url, entries, proposal);
  return status === 201 ? { status } : { status, message: (json as { readonly message: string }).message };
}

const taken = { status: 201 };
const denied = (message: string) => ({ status: 403, message: expect.stringContaining(message) });

describe('the built-in policies', () => {
  it('by default take every kind, and of hashedrekord what rekor-server 1.5.4 takes', async () => {
    const data = join(folder.path(), `data-${runs++}`);
    node = await NodeProcess.start({ data });
    const p256 = new Signer();
    expect(await upload(node.url, p256.hashedrekord('sha256'))).toEqual(taken);
    const refused = p256.hashedrekord('sha384');
    const answer = await post(node.url, entries, refused);
    const message =
      'error processing entry: admission policy algorithm: entry algorithms are not allowed: ecdsa-p256 with sha384';
    expect({ status: answer.status, json: answer.json }).toEqual({ status: 403, json: { code: 403, message } });
    expect(await upload(node.url, p256.rekord())).toEqual(taken);
    // Asking is no upload.
    expect((await post(node.url, `${entries}/retrieve`, { entries: [refused] })).status).toBe(200);
    const metrics = (await ask(node.url, '/metrics')).text;
    expect(metrics).toContain('countersign_admission_denials_total{policy="algorithm",mode="enforce"} 1\n');
  });

  it('kind takes what is listed, and all that was logged stays readable', async () => {
    const data = join(folder.path(), `data-${runs++}`);
    const before = await NodeProcess.start({ data });
    const logged = propose('logged while it was taken');
    const { id } = entryOf((await post(before.url, entries, logged)).json);
    await before.stop();

    const policies = [{ policy: 'kind', settings: { allow: ['rekord:0.0.1'] } }];
    node = await NodeProcess.start({ data, log: { admission: { policies } } });
    const message = "entry kind 'hashedrekord' is not enabled for submission on this server";
    for (const proposal of [propose('new'), logged]) expect(await upload(node.url, proposal)).toEqual(denied(message));
    expect((await ask(node.url, `${entries}/${id}`)).status).toBe(200);
    expect((await post(node.url, `${entries}/retrieve`, { entries: [logged] })).json).toHaveLength(1);
    expect(await upload(node.url, new Signer().rekord())).toEqual(taken);
  });

  it('let a new log have its entry about itself', async () => {
    const url = await start([{ policy: 'kind', settings: { allow: ['rekord'] } }]);
    expect((await ask(url, '/api/v1/log')).json).toMatchObject({ treeSize: 1 });
  });

  it('algorithm, fingerprint and size decide by the key and the length', async () => {
    const [p256, other, rsa] = [new Signer(), new Signer(), new Signer('rsa')];
    const length = (text: string) => JSON.stringify(p256.rekord(text)).length;
    const url = await start([
      { policy: 'algorithm', settings: { allow: [{ key: 'ecdsa-p256' }] } },
      { policy: 'fingerprint', kinds: ['rekord'], settings: { allow: [p256.fingerprint] } },
      { policy: 'size', kinds: ['rekord'], settings: { bytes: length('x'.repeat(300)) } },
    ]);
    expect(await upload(url, p256.rekord('x'.repeat(200)))).toEqual(taken);
    expect(await upload(url, rsa.rekord())).toEqual(denied('entry algorithms are not allowed: rsa-2048'));
    expect(await upload(url, other.rekord())).toEqual(denied(`the key ${other.fingerprint} is not listed`));
    expect(await upload(url, p256.rekord('x'.repeat(600)))).toEqual(denied('bytes, over the limit of'));
    expect(await upload(url, other.hashedrekord('sha256'))).toEqual(taken);
  });

  it('certificate-root takes who has a certificate of the root', async () => {
    const [root, stranger] = await Promise.all(['root', 'another root'].map(Authority.make));
    const url = await start([{ policy: 'certificate-root', settings: { roots: root?.pem } }]);
    const certified = async (by: Authority | undefined) => {
      const one = new Signer();
      return one.hashedrekord('sha256', await by?.certify(one));
    };
    expect(await upload(url, await certified(root))).toEqual(taken);
    expect(await upload(url, await certified(stranger))).toEqual(
      denied('no chain leads from the certificate to a root'),
    );
    expect(await upload(url, propose('a bare key'))).toEqual(denied('has no certificate'));
  });

  it('requester denies whom nobody knows', async () => {
    const url = await start([{ policy: 'requester', settings: { tokens: ['ci'] } }]);
    expect(await upload(url, propose('anonymous'))).toEqual(denied('the upload came without a token'));
  });

  it.each([
    [
      'an unknown policy',
      { policy: 'kinds' },
      'admission policy "kinds": no loaded plugin provides it; did you mean "kind"?',
    ],
    ['settings that do not fit', { policy: 'size' }, 'admission policy "size": settings: bytes in body is required'],
    ['a kind that is not there', { policy: 'size', kinds: ['rmp'], settings: { bytes: 1 } }, 'did you mean "rpm"?'],
    ['settings that cannot work', { policy: 'kind', settings: { allow: ['rekrod'] } }, 'provides the kind "rekrod"'],
  ])('stop the start with %s', async (_, policy, message) => {
    await expect(start([policy])).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining(message),
    });
  });
});

describe('a policy from outside', () => {
  // What it does to an upload stands in the upload.
  const code = `
const deeds = {
  allow: () => ({ decision: 'allow', reason: 'why not' }),
  deny: () => ({ decision: 'deny', reason: 'a bad day' }),
  abstain: () => ({ decision: 'abstain', reason: 'not mine' }),
  fail: () => { throw new Error('a secret of the policy'); },
  loop: () => { for (;;); },
};
export default () => ({
  async prepare() { return ({ bytes }) => deeds[{ 0: 'allow', 1: 'deny', 2: 'abstain', 3: 'fail', 4: 'loop' }[bytes % 5]](); },
});`;
  const mood = { policy: 'mood' };

  function outside(): object {
    const path = join(folder.path(), 'mood');
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'plugin.json'), JSON.stringify(moodManifest));
    writeFileSync(join(path, 'mood.schema.json'), '{"type": "object", "additionalProperties": false}');
    writeFileSync(join(path, 'mood.mjs'), code);
    return { plugins: { folders: [path] } };
  }

  /** A proposal on which the policy does this, padded to the length that says so. */
  function doing(deed: 'allow' | 'deny' | 'abstain' | 'fail' | 'loop'): string {
    const text = JSON.stringify(propose(deed));
    const wanted = ['allow', 'deny', 'abstain', 'fail', 'loop'].indexOf(deed);
    return text + ' '.repeat((((wanted - text.length) % 5) + 5) % 5);
  }

  it('decides, and its faults deny', async () => {
    const url = await start([mood], 'enforce', outside());
    expect(await upload(url, doing('allow'))).toEqual(taken);
    expect(await upload(url, doing('deny'))).toEqual(denied('admission policy mood: a bad day'));
    expect(await upload(url, doing('abstain'))).toEqual(denied('no admission policy allows hashedrekord 0.0.1'));
    expect(await upload(url, doing('fail'))).toEqual({
      status: 403,
      message: 'error processing entry: admission policy mood failed',
    });
    await node?.logged((line) => String(line.error).startsWith('Error: a secret of the policy\n'));
    expect(node?.log).toContainEqual(expect.objectContaining({ msg: 'an admission policy failed', policy: 'mood' }));
    const metrics = (await ask(url, '/metrics')).text;
    expect(metrics).toContain('countersign_admission_denials_total{policy="mood",mode="enforce"} 2\n');
    expect(metrics).toContain('countersign_admission_denials_total{policy="(none)",mode="enforce"} 1\n');
  });

  it('that never ends is ended, and the next upload is taken', async () => {
    const url = await start([mood], 'enforce', outside());
    const endless = await upload(url, doing('loop'));
    expect(endless).toEqual({ status: 400, message: 'error processing entry: verification took too long' });
    expect(await upload(url, doing('allow'))).toEqual(taken);
  });

  it('under warn is told of, and what it denies is taken, but no bad signature', async () => {
    const url = await start([mood], 'warn', outside());
    for (const deed of ['deny', 'abstain', 'fail'] as const) expect(await upload(url, doing(deed))).toEqual(taken);
    await node?.logged((line) => line.msg === 'an upload would be denied' && String(line.reason).endsWith('a bad day'));
    const bad = propose('bad');
    bad.spec.signature.content = propose('another').spec.signature.content;
    expect((await upload(url, bad)).status).toBe(400);
    const metrics = (await ask(url, '/metrics')).text;
    expect(metrics).toContain('countersign_admission_denials_total{policy="mood",mode="warn"} 2\n');
  });
});
