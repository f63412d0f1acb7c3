import { fileURLToPath } from 'node:url';
import { importsOf } from './architecture/imports.ts';
import { type Project, readProject, type WorkspacePackage } from './architecture/project.ts';
import * as rules from './architecture/rules.ts';

const project = await readProject(fileURLToPath(new URL('..', import.meta.url)));

describe('the repository', () => {
  it('was read', () => {
    const paths = project.files.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'libs/errors/src/table.ts', '.ci/run', 'package.json']));
    expect(project.packages.map(({ name }) => name)).toContain('@countersign/errors');
    expect(project.files.flatMap(importsOf).length).toBeGreaterThan(100);
  });

  it.each(Object.entries(rules))('keeps the rule %s', (_, rule) => {
    expect(rule(project)).toEqual([]);
  });
});

/** A repository of one file, and the packages it may need. */
function having(path: string, text: string, packages: Partial<WorkspacePackage>[] = []): Project {
  const folders = ['libs/errors', 'libs/encoding', 'libs/merkle', 'libs/crypto', 'libs/log', 'libs/client'];
  return {
    files: [{ path, text }],
    packages: [...folders.map((folder) => ({ folder })), ...packages].map(({ folder = '', ...rest }) => ({
      folder,
      name: `@countersign/${folder.slice(folder.indexOf('/') + 1)}`,
      dependencies: [],
      references: [],
      ...rest,
    })),
  };
}

describe('importsPointDown', () => {
  it.each([
    ['libs/encoding/src/a.ts', "import { x } from '@countersign/errors';"],
    ['libs/merkle/src/a.ts', "export type { x } from '@countersign/encoding';"],
    ['libs/merkle/src/a.spec.ts', "import { x } from '@countersign/testing';"],
    ['libs/merkle/src/b/a.ts', "import { x } from '../c.ts';"],
    ['libs/merkle/src/a.ts', "// import { x } from '@countersign/log';"],
  ])('takes in %s: %s', (path, text) => {
    expect(rules.importsPointDown(having(path, text))).toEqual([]);
  });

  it.each([
    ['up', 'libs/errors/src/a.ts', "import { x } from '@countersign/encoding';"],
    ['up, as types', 'libs/errors/src/a.ts', "import type { x } from '@countersign/encoding';"],
    ['up, by re-export', 'libs/errors/src/a.ts', "export * from '@countersign/encoding';"],
    ['up, for effects', 'libs/errors/src/a.ts', "import '@countersign/encoding';"],
    ['up, dynamically', 'libs/errors/src/a.ts', "const x = await import('@countersign/encoding');"],
    ['up, on several lines', 'libs/errors/src/a.ts', "import {\n  a,\n  b,\n} from '@countersign/encoding';"],
    ['up, below the entry', 'libs/errors/src/a.ts', "import x from '@countersign/encoding/hex';"],
    ['up, in a test', 'libs/errors/src/a.spec.ts', "import { x } from '@countersign/encoding';"],
    ['sideways', 'libs/merkle/src/a.ts', "import { x } from '@countersign/crypto';"],
    ['a service from a service', 'libs/log/src/a.ts', "import { x } from '@countersign/client';"],
    ['an unknown package', 'libs/log/src/a.ts', "import { x } from '@countersign/unknown';"],
    ['by path', 'libs/log/src/a.ts', "import { x } from '../../errors/src/error.ts';"],
    ['test support', 'libs/log/src/a.ts', "import { x } from '@countersign/testing';"],
  ])('refuses %s', (_, path, text) => {
    expect(rules.importsPointDown(having(path, `\n${text}`))).toEqual([expect.stringContaining(`${path}:2: `)]);
  });

  it('wants a place for every package', () => {
    const problems = rules.importsPointDown(having('a.md', '', [{ folder: 'libs/new' }]));
    expect(problems).toEqual([expect.stringContaining('libs/new/package.json:1: ')]);
  });
});

describe('plugins', () => {
  it.each([
    ['libs/log/src/a.ts', "import x from '../../../plugins/pki-x509/x509.format.js';"],
    ['test/a.spec.ts', "import x from '../plugins/pki-x509/x509.format.ts';"],
    ['plugins/entry-a/a.ts', "import x from '../pki-x509/x509.format.ts';"],
    ['apps/cli/src/a.ts', "import x from '@countersign/pki-x509';"],
  ])('are not imported: %s', (path, text) => {
    expect(rules.nothingImportsAPlugin(having(path, text))).toHaveLength(1);
  });

  it.each([
    [
      'plugins/entry-a/a.ts',
      "import type { EntryType } from '@countersign/plugin-api';\nimport { b } from './b.ts';",
      0,
    ],
    ['plugins/entry-a/a.ts', "import { createHash } from 'node:crypto';", 0],
    ['plugins/entry-a/a.spec.ts', "import { testEntryType } from '@countersign/plugin-api/testing';", 0],
    ['plugins/entry-a/a.ts', "import { type EntryType } from '@countersign/plugin-api';", 1],
    ['plugins/entry-a/a.ts', "import { testEntryType } from '@countersign/plugin-api/testing';", 1],
    ['plugins/entry-a/a.ts', "import { toHex } from '@countersign/encoding';", 1],
    ['plugins/entry-a/a.ts', "import type { Foo } from 'openpgp';", 1],
  ])('stand alone: %s %s (%i)', (path, text, count) => {
    expect(rules.pluginsStandAlone(having(path, text))).toHaveLength(count);
    expect(rules.nothingImportsAPlugin(having(path, text))).toEqual([]);
  });
});

describe('heavyPackagesStayHome', () => {
  it.each([
    ['libs/schema/src/a.ts', 'ajv/dist/2020.js', 0],
    ['libs/log/src/a.ts', 'ajv', 1],
    ['libs/tree/src/storage/a.ts', 'typeorm', 0],
    ['libs/tree/src/a.ts', 'better-sqlite3', 1],
    ['libs/tree/src/a.spec.ts', 'better-sqlite3', 0],
    ['libs/tree/src/s3/a.ts', '@aws-sdk/client-s3', 0],
    ['libs/tree/src/publish/a.ts', '@aws-sdk/client-s3', 1],
    ['libs/merkle/src/a.ts', '@noble/hashes/sha2.js', 1],
    ['libs/log/src/log.service.ts', '@nestjs/common', 0],
    ['libs/log/src/log-service.ts', '@nestjs/common', 1],
    ['apps/cli/src/a.ts', 'pino', 1],
  ])('%s importing %s (%i)', (path, target, count) => {
    expect(rules.heavyPackagesStayHome(having(path, `import x from '${target}';`))).toHaveLength(count);
  });
});

describe('manifestsAgree', () => {
  const text = "import { x } from '@countersign/errors';\nimport y from 'yaml';\n";
  const check = (dependencies: string[], references: string[], source = text) =>
    rules.manifestsAgree(having('libs/x/src/a.ts', source, [{ folder: 'libs/x', dependencies, references }]));

  it('takes the same in all three', () => {
    expect(check(['@countersign/errors', 'yaml'], ['libs/errors'])).toEqual([]);
  });

  it.each([
    ['package.json:1: lacks @countersign/errors', ['yaml'], []],
    [
      'package.json:1: @countersign/encoding is not',
      ['@countersign/errors', '@countersign/encoding', 'yaml'],
      ['libs/errors', 'libs/encoding'],
    ],
    ['tsconfig.json:1: lacks', ['@countersign/errors', 'yaml'], []],
    ['tsconfig.json:1: refers to libs/encoding', ['@countersign/errors', 'yaml'], ['libs/errors', 'libs/encoding']],
    ['src/a.ts:2: package.json lacks yaml', ['@countersign/errors'], ['libs/errors']],
  ])('finds %s', (problem, dependencies, references) => {
    expect(check(dependencies, references)).toEqual([expect.stringContaining(`libs/x/${problem}`)]);
  });

  it('leaves what only tests import alone', () => {
    const test = having('libs/x/src/a.spec.ts', text, [{ folder: 'libs/x' }]);
    expect(rules.manifestsAgree(test)).toEqual([]);
  });
});

describe('files', () => {
  it('have at most 400 lines', () => {
    expect(rules.filesAreShort(having('libs/x/src/a.ts', 'x;\n'.repeat(400)))).toEqual([]);
    expect(rules.filesAreShort(having('libs/x/src/a.ts', 'x;\n'.repeat(401)))).toHaveLength(1);
  });

  it.each([
    ['libs/x/src/utils.ts', 1],
    ['libs/x/src/util/a.ts', 1],
    ['libs/x/src/fooBar.ts', 1],
    ['libs/x/src/Foo.ts', 1],
    ['libs/x/src/foo-bar.service.spec.ts', 0],
    ['README.md', 0],
  ])('are named well: %s (%i)', (path, count) => {
    expect(rules.filesAreNamedWell(having(path, ''))).toHaveLength(count);
  });

  it.each([
    ['see https://re' + 'gistry.example.org/x', 1],
    ['cd /wo' + 'rk/main', 1],
    ["'/tmp/bo" + "ot/x'", 1],
    ['https://example.org/wo' + 'rk and /network/wo' + 'rker', 0],
  ])('are portable: %s (%i)', (text, count) => {
    expect(rules.textIsPortable(having('docs/a.md', text))).toHaveLength(count);
  });
});

describe('exportsAreDocumented', () => {
  it.each([
    '/** One. */\nexport const one = 1;',
    '/**\n * Two.\n */\nexport async function two() {}',
    '/** Three. */\n@Injectable({\n  a: 1,\n})\nexport class Three {}',
    '/** Four. */\nexport function four(a: 1): 1;\nexport function four(a: 2): 2;\nexport function four(a: unknown) {\n  return a;\n}',
    "export { five } from './five.ts';\nexport type { Six } from './six.ts';",
    '/** Seven. */\nexport default () => 7;',
    '/** Eight. */\nconst eight = 8;\nexport default eight;',
  ])('takes %j', (text) => {
    expect(rules.exportsAreDocumented(having('libs/x/src/a.ts', text))).toEqual([]);
  });

  it.each([
    'export const one = 1;',
    'export async function two() {}',
    'export abstract class Three {}',
    'export interface Four {}',
    'export type Five = 5;',
    'export default () => 6;',
    '/** Of another. */\nconst other = 1;\nexport const seven = 7;',
    '/** Detached. */\n\nexport const eight = 8;',
    '// Not TSDoc.\nexport const nine = 9;',
    '/** One. */\nexport const one = 1;\nexport const ten = 10;',
    '/** Three. */\nexport class Three {\n  x = 1;\n}\nexport class Eleven {}',
  ])('refuses %j', (text) => {
    expect(rules.exportsAreDocumented(having('libs/x/src/a.ts', text))).toHaveLength(1);
  });
});
