// `node --test` runs this with nothing but the testing kit, on the built plugin.
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readVectorFile, standInApi, testPkiFormat } from '@countersign/plugin-api/testing';
import format from './acme-sample.format.js';

const file = readVectorFile(JSON.parse(readFileSync(new URL('./vectors/acme-sample.json', import.meta.url), 'utf8')));
if (file?.type !== 'pki') throw new Error('not the vectors of a PKI format');

testPkiFormat('acme-sample', { ...file.vectors, format: format(standInApi()), runner: { describe, it } });
