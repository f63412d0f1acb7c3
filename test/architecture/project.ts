import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A text file of the repository. */
export interface SourceFile {
  /** From the top of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** A workspace package: its manifest and what its tsconfig refers to. */
export interface WorkspacePackage {
  /** Such as `@countersign/merkle`. */
  readonly name: string;
  /** Such as `libs/merkle`. */
  readonly folder: string;
  readonly dependencies: readonly string[];
  /** Folders its tsconfig.json refers to, from the top of the repository. */
  readonly references: readonly string[];
}

/** What the rules look at. */
export interface Project {
  readonly files: readonly SourceFile[];
  readonly packages: readonly WorkspacePackage[];
}

/** Made by tools, or not ours to word. */
const skippedFolders = new Set(['node_modules', 'dist', 'build', 'coverage', '.git', 'data', 'vectors']);
const skippedFiles = /^(package-lock\.json|.*\.tsbuildinfo|.*\.d\.ts|.*\.js\.map)$/;
const textFile = /(^[^.]+|\.(ts|js|mjs|cjs|json|md|ya?ml|sh|c|gyp|html|css))$/;

/** Reads the repository at `root`. */
export async function readProject(root: string): Promise<Project> {
  const files: SourceFile[] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!skippedFolders.has(entry.name)) await visit(path);
      } else if (entry.isFile() && textFile.test(entry.name) && !skippedFiles.test(entry.name)) {
        // Plugins are built in place.
        if (path.startsWith('plugins/') && path.endsWith('.js')) continue;
        files.push({ path, text: await readFile(join(root, path), 'utf8') });
      }
    }
  };
  await visit('');
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, packages: readPackages(files) };
}

function readPackages(files: readonly SourceFile[]): WorkspacePackage[] {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const packages: WorkspacePackage[] = [];
  for (const [path, text] of texts) {
    const folder = /^((?:libs|apps)\/[^/]+|schemas)\/package\.json$/.exec(path)?.[1];
    if (folder === undefined) continue;
    const manifest = JSON.parse(text) as { name: string; dependencies?: Record<string, string> };
    const config = JSON.parse(texts.get(`${folder}/tsconfig.json`) ?? '{}') as { references?: { path: string }[] };
    packages.push({
      name: manifest.name,
      folder,
      dependencies: Object.keys(manifest.dependencies ?? {}),
      references: (config.references ?? []).map((reference) => join(folder, reference.path)),
    });
  }
  return packages;
}
