import type { SourceFile } from './project.ts';

/** One import of a TypeScript file. */
export interface Import {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  /** As written: a relative path, a package with or without a path, or `node:…`. */
  readonly target: string;
  /** `import type` and `export type`, of which nothing is left when the code runs. */
  readonly typeOnly: boolean;
}

/** The clause of a static import or re-export. The formatter puts the statement at the start of a line. */
const clause = String.raw`(?:[\w$]+\s*,\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?|[\w$]+)`;
const staticImport = new RegExp(String.raw`^(?:import|export)(\s+type)?\s+(?:${clause}\s+from\s+)?'([^']+)'`, 'gm');
const dynamicImport = /\b(typeof\s+)?(?:import|require)\(\s*'([^']+)'/g;

/** Finds what a file imports, statically and dynamically by a literal. */
export function importsOf({ path, text }: SourceFile): Import[] {
  return [staticImport, dynamicImport].flatMap((shape) =>
    [...text.matchAll(shape)].map((match) => ({
      path,
      line: lineAt(text, match.index),
      target: match[2] ?? '',
      typeOnly: match[1] !== undefined,
    })),
  );
}

/** The package a target names: `@scope/name` or `name`; nothing for relative paths and Node's own modules. */
export function packageOf(target: string): string | undefined {
  if (target.startsWith('.') || target.startsWith('/') || target.startsWith('node:')) return undefined;
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The 1-based number of the line that holds the character at `index`. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
