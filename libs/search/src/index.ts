export { parseAnnex, writeAnnex } from './annex.ts';
export { checkIndexFile } from './check-index-file.ts';
export type { IndexShard } from './indexer.ts';
export { searchLimits } from './limits.ts';
export type { LeafPage } from './page.ts';
export { rebuildIndex } from './rebuild.ts';
export { type IndexEvents, type IndexState, type LeafQuery, SearchIndex } from './search-index.ts';
