import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { type Import, importsOf, lineAt, packageOf } from './imports.ts';
import type { Project, SourceFile } from './project.ts';

/** A rule names each offence: `file:line: what is wrong`. */
export type Rule = (project: Project) => string[];

const scope = '@countersign/';

/** The order of packages. Imports point strictly down, so packages of one rank, services among them, never meet. */
const ranks: ReadonlyMap<string, number> = new Map(
  [
    ['errors', 'schemas'],
    ['encoding'],
    ['plugin-api'],
    ['merkle', 'crypto', 'schema'],
    ['plugin-host', 'tree', 'verify'],
    ['search'],
    ['log', 'ca', 'ct', 'tsa', 'tuf', 'oidc', 'monitor', 'client'],
    ['testing'],
    ['node'],
    ['cli'],
  ].flatMap((names, rank) => names.map((name): [string, number] => [`${scope}${name}`, rank])),
);

/** Where each heavy package lives. */
const homes: readonly (readonly [packages: RegExp, home: RegExp])[] = [
  [/^ajv(-formats)?$/, /^libs\/schema\//],
  [/^(typeorm|better-sqlite3|pg)$/, /^libs\/[^/]+\/src\/storage\//],
  [/^@aws-sdk\//, /^libs\/tree\/src\/s3\//],
  [/^(@noble\/.*|tweetnacl)$/, /^libs\/crypto\//],
  [/^(piscina|semver)$/, /^libs\/plugin-host\//],
  [/^undici$/, /^libs\/client\//],
  [/^jose$/, /^libs\/oidc\//],
  [/^canonicalize$/, /^libs\/encoding\//],
  [/^(pino|pino-pretty|prom-client|fastify|@fastify\/.*)$/, /^apps\/node\//],
  [/^commander$/, /^apps\/cli\//],
  [/^yaml$/, /^apps\//],
  [/^(@nestjs\/.*|reflect-metadata)$/, /^apps\/|\.(module|controller|service)\.ts$/],
];

const isTypeScript = ({ path }: SourceFile) => path.endsWith('.ts');
const isProduct = ({ path }: SourceFile) => /^(libs|apps|plugins|schemas)\//.test(path) && path.endsWith('.ts');
/** Tests, and what only they use; the kit for plugin authors is product. */
const isTest = (path: string) => /\.(spec|fixture)\.ts$|^(?!libs\/plugin-api\/).*\/(testing|test)\//.test(path);
const isPluginTest = (path: string) => path.startsWith('plugins/') && isTest(path);
const at = ({ path, line }: { path: string; line: number }) => `${path}:${line}`;

/** The folder of the package, or of the plugin, that owns a path. */
function ownerOf(path: string): string | undefined {
  return /^(?:(?:libs|apps|plugins)\/[^/]+|schemas)(?=\/)/.exec(path)?.[0];
}

function productImports({ files }: Project): Import[] {
  return files.filter(isProduct).flatMap(importsOf);
}

/** Imports between workspace packages point down, by package name and never by path. */
export const importsPointDown: Rule = (project) => {
  const names = new Map(project.packages.map(({ folder, name }) => [folder, name]));
  const problems: string[] = project.packages
    .filter(({ name }) => !ranks.has(name))
    .map(({ folder, name }) => `${folder}/package.json:1: ${name} has no place in the order of packages`);
  for (const found of productImports(project)) {
    const owner = ownerOf(found.path) ?? '';
    if (found.target.startsWith('.')) {
      const resolved = posix.join(posix.dirname(found.path), found.target);
      if (ownerOf(resolved) !== owner && !isPluginTest(found.path))
        problems.push(`${at(found)}: ${found.target} leaves ${owner}`);
      continue;
    }
    const from = names.get(owner);
    const to = packageOf(found.target);
    if (from === undefined || !to?.startsWith(scope) || to === from) continue;
    if (to === `${scope}testing`) {
      if (!isTest(found.path)) problems.push(`${at(found)}: only tests import ${to}`);
    } else if ((ranks.get(to) ?? Number.POSITIVE_INFINITY) >= (ranks.get(from) ?? 0)) {
      problems.push(`${at(found)}: ${from} imports ${to}, which is not below it`);
    }
  }
  return problems;
};

/** Plugins are found at run time: nothing imports one, but the test of a plugin that needs another's. */
export const nothingImportsAPlugin: Rule = ({ files }) =>
  files
    .filter(isTypeScript)
    .flatMap(importsOf)
    .filter(({ path, target }) => {
      const resolved = target.startsWith('.') ? posix.join(posix.dirname(path), target) : target;
      const plugin = /^plugins\/[^/]+/.exec(resolved)?.[0] ?? /^@countersign\/(?:entry|pki|policy)-/.exec(target)?.[0];
      return plugin !== undefined && ownerOf(path) !== plugin && !isPluginTest(path);
    })
    .map((found) => `${at(found)}: imports the plugin file ${found.target}`);

/** A plugin loads from any folder: of packages it knows the contract's types. Its tests take what they need. */
export const pluginsStandAlone: Rule = (project) =>
  productImports(project)
    .filter(({ path, target, typeOnly }) => {
      const to = packageOf(target);
      if (!path.startsWith('plugins/') || isTest(path) || to === undefined || builtinModules.includes(to)) return false;
      return target !== `${scope}plugin-api` || !typeOnly;
    })
    .map((found) => `${at(found)}: a plugin may not import ${found.target}`);

/** Each heavy package has one home. */
export const heavyPackagesStayHome: Rule = (project) =>
  productImports(project).flatMap((found) => {
    const to = packageOf(found.target);
    const home = to === undefined ? undefined : homes.find(([packages]) => packages.test(to))?.[1];
    return home === undefined || home.test(found.path) || isTest(found.path)
      ? []
      : [`${at(found)}: ${to} belongs in ${home.source.replaceAll('\\', '')}`];
  });

/** package.json, tsconfig.json and the imports name the same workspace packages; each npm package imported is declared. */
export const manifestsAgree: Rule = (project) => {
  const all = productImports(project).filter(({ path }) => !isTest(path));
  const folders = new Map(project.packages.map(({ name, folder }) => [name, folder]));
  return project.packages.flatMap(({ name, folder, dependencies, references }) => {
    const imports = all.filter(({ path }) => path.startsWith(`${folder}/`));
    const imported = new Set(imports.flatMap(({ target }) => packageOf(target) ?? []));
    const workspace = (names: Iterable<string>) => [...names].filter((each) => each.startsWith(scope) && each !== name);
    const declared = workspace(dependencies);
    const problems = [
      ...workspace(imported)
        .filter((each) => !declared.includes(each))
        .map((each) => `package.json:1: lacks ${each}`),
      ...declared.filter((each) => !imported.has(each)).map((each) => `package.json:1: ${each} is not imported`),
      ...declared
        .filter((each) => !references.includes(folders.get(each) ?? ''))
        .map((each) => `tsconfig.json:1: lacks a reference to ${each}`),
      ...references
        .filter((each) => !declared.some((one) => folders.get(one) === each))
        .map((each) => `tsconfig.json:1: refers to ${each}, which package.json does not name`),
    ].map((problem) => `${folder}/${problem}`);
    const undeclared = imports.filter(({ target }) => {
      const to = packageOf(target);
      return to !== undefined && !to.startsWith(scope) && !builtinModules.includes(to) && !dependencies.includes(to);
    });
    return [...problems, ...undeclared.map((found) => `${at(found)}: package.json lacks ${packageOf(found.target)}`)];
  });
};

/** No code file is longer than 400 lines. */
export const filesAreShort: Rule = ({ files }) =>
  files
    .filter(({ path }) => /\.(ts|js|mjs|cjs|c|sh)$/.test(path))
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > 400)
    .map(({ path, lines }) => `${path}:401: ${lines} lines are too many`);

/** Files have kebab-case names with suffixes, and none is a drawer for everything. */
export const filesAreNamedWell: Rule = ({ files }) =>
  files.flatMap(({ path }) => {
    const name = posix.basename(path);
    if (/(^|\/)utils?(\/|\.|$)/.test(path)) return [`${path}:1: what is it about?`];
    return isTypeScript({ path, text: '' }) && !/^[a-z0-9]+([.-][a-z0-9]+)*\.ts$/.test(name)
      ? [`${path}:1: not kebab-case`]
      : [];
  });

/** Every exported declaration has a TSDoc comment directly above it, or above its decorators. */
export const exportsAreDocumented: Rule = ({ files }) =>
  files.filter((file) => isProduct(file) && !isTest(file.path)).flatMap(undocumentedExports);

function undocumentedExports({ path, text }: SourceFile): string[] {
  const declaration =
    /^export (?:default |declare |abstract |async )*(?:function\*?|class|const|let|enum|interface|type|namespace) ([\w$]+)/;
  const problems: string[] = [];
  let inComment = false;
  let documented = false;
  let previous = '';
  for (const [index, line] of text.split('\n').entries()) {
    // The formatter leaves only top-level code at the start of a line.
    if (line.startsWith('/**')) inComment = true;
    if (inComment) {
      documented = line.endsWith('*/');
      inComment = !documented;
      continue;
    }
    const name = declaration.exec(line)?.[1] ?? (/^export default (?!\w+;)/.test(line) ? 'default' : undefined);
    if (name !== undefined && !documented && name !== previous)
      problems.push(`${path}:${index + 1}: ${name} has no TSDoc`);
    // A decorator and its lines stand between comment and class; the overloads of a function share one comment.
    if (!/^[@\s)}]/.test(line) || line === '') documented = false;
    if (name !== undefined) previous = name;
  }
  return problems;
}

/** The repository speaks of the project alone: no registry's host, no path of the machine it was written on. */
export const textIsPortable: Rule = ({ files }) => {
  const foreign = [
    /\/\/[\w.-]*\b(?:registry|npm|artifactory|nexus|mirror)[\w.-]*\.[a-z]/gi,
    new RegExp(String.raw`(?<![\w}.)])/(?:${['wo' + 'rk', 'tmp/bo' + 'ot'].join('|')})\b`, 'g'),
  ];
  return files.flatMap(({ path, text }) =>
    foreign.flatMap((shape) =>
      [...text.matchAll(shape)].map((match) => `${path}:${lineAt(text, match.index)}: names ${match[0]}`),
    ),
  );
};
