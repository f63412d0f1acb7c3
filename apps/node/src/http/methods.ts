import type { Instance } from './types.ts';

/** Knows which methods each path takes, to tell a wrong method from a wrong path. */
export class Methods {
  readonly #routes = new Map<string, Set<string>>();

  /** Notes every route that is registered from now on. */
  watch(instance: Instance): void {
    instance.addHook('onRoute', ({ url, method }) => {
      const known = this.#routes.get(url) ?? new Set();
      this.#routes.set(url, known);
      for (const name of [method].flat()) known.add(name);
    });
  }

  /** The methods of all routes that match a path, sorted; none when no route does. */
  allowed(path: string): readonly string[] {
    const segments = path.split('/');
    const found = new Set<string>();
    for (const [pattern, methods] of this.#routes) {
      if (matches(pattern.split('/'), segments)) for (const method of methods) found.add(method);
    }
    return [...found].sort();
  }
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  return pattern.length === path.length && pattern.every((part, i) => part.startsWith(':') || part === path[i]);
}
