// `node --test` runs this with nothing but the testing kit, on the built plugin.
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readVectorFile, standInApi, testEntryType } from '@countersign/plugin-api/testing';
import handler from './acme-sample.handler.js';

const file = readVectorFile(JSON.parse(readFileSync(new URL('./vectors/acme-sample.json', import.meta.url), 'utf8')));
if (file?.type !== 'entry') throw new Error('not the vectors of an entry type');

/**
 * A node checks the schema; here it is enough that what the handler reads is there.
 *
 * @param {any} spec
 */
function validate(spec) {
  const texts = ['content', 'digest', 'format', 'signature', 'publicKey'];
  const wrong = texts.find((name) => !['string', 'undefined'].includes(typeof spec[name]));
  return wrong ?? ['format', 'signature', 'publicKey'].find((name) => spec[name] === undefined);
}

testEntryType('acme-sample', { ...file.vectors, type: handler(standInApi()), validate, runner: { describe, it } });
