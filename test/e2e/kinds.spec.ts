import { compileSchema } from '@countersign/schema';
import { logV1Schemas } from '@countersign/schemas';
import { ask } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';

const folder = temporaryFolder();

interface Kinds {
  readonly entryTypes: readonly { readonly kind: string; readonly apiVersion: string; readonly schema: object }[];
  readonly pkiFormats: readonly { readonly id: string }[];
}

it('says what it takes: entry types with their schemas, and PKI formats', async () => {
  const node = await NodeProcess.start({ data: `${folder.path()}/kinds` });
  const answer = await ask(node.url, '/api/v1/log/kinds');
  await node.stop();
  expect(answer.status).toBe(200);
  expect(compileSchema(logV1Schemas.LogKinds)(answer.json)).toBeUndefined();
  const { entryTypes, pkiFormats } = answer.json as Kinds;
  expect(entryTypes).toContainEqual(
    expect.objectContaining({
      kind: 'hashedrekord',
      apiVersion: '0.0.1',
      schema: expect.objectContaining({ title: 'hashedrekord 0.0.1' }),
    }),
  );
  expect(pkiFormats.map(({ id }) => id)).toEqual(expect.arrayContaining(['pgp', 'ssh', 'x509']));
});
