import { pathToFileURL } from 'node:url';
import { limits } from './limits.ts';

const exit = process.exit;
const loading = new Set<{ readonly folder: string }>();

/**
 * Runs the code of a plugin that is being loaded: it has a time limit, and a `process.exit` of
 * its own throws, in the main thread and in a worker, so that the reason is told.
 *
 * @throws what `work` throws, or an error when it takes longer than `limits.loadTime`
 */
export async function guarded<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const one = { folder };
  loading.add(one);
  process.exit = exitUnlessPlugin;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not loaded within ${limits.loadTime} ms`)), limits.loadTime);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
    loading.delete(one);
    if (loading.size === 0) process.exit = exit;
  }
}

/** Who calls is on the stack: everybody else still ends the process, as a second Ctrl-C must. */
function exitUnlessPlugin(code?: number | string | null): never {
  const stack = new Error('exit').stack ?? '';
  for (const { folder } of loading) {
    if (stack.includes(`${folder}/`) || stack.includes(`${pathToFileURL(folder).href}/`)) {
      throw new Error(`it called process.exit(${code ?? ''})`);
    }
  }
  return exit(code);
}
