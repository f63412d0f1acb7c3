import { clientLimits } from '@countersign/client';
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  utf8Decode,
  utf8Encode,
} from '@countersign/encoding';
import { CountersignError, hasCode, malformed } from '@countersign/errors';
import { cliLimits } from './limits.ts';

/**
 * Reads a whole proposed entry: JSON, as rekor-cli takes it; what is no JSON is read as YAML 1.2,
 * with what JSON can say and no more.
 *
 * @throws `ERR_MALFORMED` with line and column, `ERR_TOO_LARGE`
 */
export async function readEntry(bytes: Uint8Array): Promise<JsonObject> {
  const value = await readJsonOrYaml(bytes);
  if (!isJsonObject(value)) throw malformed('entry', 'not an object with apiVersion, kind and spec');
  return value;
}

async function readJsonOrYaml(bytes: Uint8Array): Promise<JsonValue> {
  try {
    return parseJson(bytes, { bytes: clientLimits.entryBytes });
  } catch (error) {
    if (!hasCode(error, 'ERR_MALFORMED')) throw error;
  }
  if (bytes.length > cliLimits.yamlBytes) {
    throw new CountersignError(
      'ERR_TOO_LARGE',
      `the entry is no JSON, and as YAML over the limit of ${cliLimits.yamlBytes} bytes`,
      { details: { limit: cliLimits.yamlBytes } },
    );
  }
  const json = JSON.stringify(await parseYaml(utf8Decode(bytes)), (_, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) throw malformed('entry', `JSON has no ${value}`);
    return value;
  });
  return parseJson(utf8Encode(json), { bytes: clientLimits.entryBytes });
}

/**
 * The parser recurses, and what nests deeply ends not the parsing but the process. Text inside quotes is
 * counted too: nothing that is written by hand comes near the limit.
 */
function checkNesting(text: string): void {
  let open = 0;
  for (const [run] of text.matchAll(/[[{\]}]|^(?:[ \t]|[-?:](?=\s))+/gm)) {
    if (run === '[' || run === '{') open += 1;
    else if (run === ']' || run === '}') open = Math.max(0, open - 1);
    if (Math.max(open, run.length) > cliLimits.yamlNesting) throw malformed('entry', 'nested too deeply');
  }
}

async function parseYaml(text: string): Promise<unknown> {
  checkNesting(text);
  // Loaded where there is YAML: it is slow to load.
  const { LineCounter, parseDocument } = await import('yaml');
  const lineCounter = new LineCounter();
  // Some of what the parser can do takes quadratic time: looking for equal keys (as in JSON, the last one counts), and
  // a place for each of many errors.
  const quick = { uniqueKeys: false, prettyErrors: false };
  const options = { ...quick, lineCounter, schema: 'core', resolveKnownTags: false, logLevel: 'error' } as const;
  try {
    const document = parseDocument(text, options);
    // A warning is of a tag that nothing here knows.
    const [problem] = [...document.errors, ...document.warnings];
    // The parser counts what is referred to as well.
    if (problem === undefined) return document.toJS({ maxAliasCount: cliLimits.yamlAliases + 1 });
    const { line, col } = lineCounter.linePos(problem.pos[0]);
    throw new Error(`${problem.message} at line ${line}, column ${col}`);
  } catch (cause) {
    throw malformed('entry', `neither JSON nor YAML: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}
