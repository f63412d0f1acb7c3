// Tests run on the sources (condition "source"); those that need real loading run the built output in a child process.
import { memoryFolder } from './test/memory-folder.js';

// What tests write is gone after them: it need not wait for a disk. A TMPDIR that is set stays.
const folder = memoryFolder();
if (folder !== undefined) process.env.TMPDIR ??= folder;

export default {
  testMatch: [
    '<rootDir>/{libs,apps}/*/src/**/*.spec.ts',
    '<rootDir>/plugins/**/*.spec.ts',
    '<rootDir>/test/**/*.spec.ts',
  ],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '<rootDir>/test/compat/'],
  modulePathIgnorePatterns: ['/dist/'],
  setupFiles: ['<rootDir>/test/property-seed.js'],
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironmentOptions: { customExportConditions: ['source', 'node'] },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
  testTimeout: 60_000,
  maxWorkers: 2,
};
