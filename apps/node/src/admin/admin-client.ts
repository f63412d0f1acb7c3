import { request } from 'node:http';
import { CountersignError, type ErrorCode, errorTable } from '@countersign/errors';
import { adminLimits } from './limits.ts';
import { type ShardChange, shardChanges } from './shard-change.ts';

/**
 * Asks the node that listens on an admin socket for a change, and waits until it is done.
 *
 * @returns false when no node listens
 * @throws what the node refuses with; `ERR_DATA_LOCKED` when it is another user's; `ERR_NETWORK` when it ends meanwhile
 */
export async function askNode(path: string, change: ShardChange): Promise<boolean> {
  if (Buffer.byteLength(path) > adminLimits.pathBytes) return false;
  const [target] = [...shardChanges].find(([, named]) => named === change) ?? [];
  let answered: { readonly status: number; readonly text: string };
  try {
    answered = await post(path, target ?? '');
  } catch (cause) {
    const code = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return false;
    if (code === 'EACCES') {
      throw new CountersignError('ERR_DATA_LOCKED', `${path} is another user's: run this as the user the node runs as`);
    }
    throw new CountersignError(
      'ERR_NETWORK',
      'the node ended before it answered: `countersign shard list` says what was done',
      { cause },
    );
  }
  if (answered.status !== 200) throw refusalOf(answered.text);
  return true;
}

function post(socketPath: string, path: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method: 'POST' }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.length > adminLimits.answerBytes) sent.destroy(new Error('the answer is too long'));
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

function refusalOf(text: string): CountersignError {
  let answer: { readonly code?: unknown; readonly message?: unknown } = {};
  try {
    answer = JSON.parse(text) ?? {};
  } catch {
    // Said below.
  }
  const { code, message } = answer;
  if (typeof code === 'string' && Object.hasOwn(errorTable, code) && typeof message === 'string') {
    return new CountersignError(code as ErrorCode, message);
  }
  return new CountersignError('ERR_NETWORK', 'what listens on the admin socket does not know this command');
}
