import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const file = pathToFileURL(join(import.meta.dirname, 'leash.js')).href;

/** Node's arguments for a program that is to end with this process: see leash.js. Its standard input must be a pipe. */
export const leashed: readonly string[] = ['--import', file];

/** The same for every Node process that a command starts with the environment and the standard input it was given. */
export const leashedEnvironment = { NODE_OPTIONS: `--import=${file}` } as const;
