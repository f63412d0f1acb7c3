import type { JsonObject } from '@countersign/plugin-api';
import { type EntryUnderTest, entryUnderTest } from '@countersign/plugin-host/testing';
import x509 from '../pki-x509/x509.format.ts';
import intotoV001 from './intoto-v001.handler.ts';
import intotoV002 from './intoto-v002.handler.ts';

/** What 0.0.1 proposes. */
export interface SpecV001 extends JsonObject {
  readonly content: { readonly envelope: string };
  readonly publicKey: string;
}

/** What 0.0.2 proposes, and, but for the payload, stores. */
export interface SpecV002 extends JsonObject {
  readonly content: {
    readonly envelope: {
      readonly payload: string;
      readonly payloadType: string;
      readonly signatures: readonly { readonly keyid?: string; readonly sig: string; readonly publicKey: string }[];
    };
    readonly payloadHash: { readonly value: string };
    readonly hash: { readonly algorithm: string; readonly value: string };
  };
}

const shared = {
  folder: new URL('.', import.meta.url),
  kind: 'intoto',
  formats: { x509 },
  vectors: 'vectors/intoto',
};

// Both read the vectors of both, whose names say which version they are of.
export const v1 = entryUnderTest<SpecV001>({ ...shared, version: '0.0.1', make: intotoV001 });
export const v2 = entryUnderTest<SpecV002>({ ...shared, version: '0.0.2', make: intotoV002 });

/** One of the two versions, for proposals of either. */
export const versionOf = (apiVersion: string): EntryUnderTest<JsonObject> => (apiVersion === '0.0.1' ? v1 : v2);
