import { isJsonObject, parseJson } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import type { HttpAnswer } from './http.ts';

/** The longest message of a server that is passed on. */
const messageLength = 2_000;

/**
 * The error for an answer that is no success. `details` holds `status`, `code` (the number in
 * the body, else the status), `message` and `url`.
 */
export function refusal(answer: HttpAnswer): CountersignError {
  const { status, url, attempts } = answer;
  const { code, message } = readRefusal(answer);
  const tried = attempts > 1 ? `, after ${attempts} attempts` : '';
  const location = answer.header('location');
  const text =
    status < 400 && location !== undefined
      ? `${url.origin} redirects to ${location}: name the log's own address`
      : `${url.origin} answered ${status}${tried}${message === '' ? '' : `: ${message}`}`;
  return new CountersignError('ERR_SERVER_REFUSED', text, { details: { status, code, message, url: url.href } });
}

function readRefusal({ status, body, header }: HttpAnswer): { readonly code: number; readonly message: string } {
  if (isJsonType(header('content-type'))) {
    try {
      const value = parseJson(body);
      if (isJsonObject(value)) {
        return {
          code: typeof value.code === 'number' ? value.code : status,
          message: typeof value.message === 'string' ? value.message.slice(0, messageLength) : '',
        };
      }
    } catch {
      // A refusal whose body is cut off or no JSON is still a refusal: its text says what it can.
    }
  }
  // A web page explains nothing; of plain text the first line may.
  const text = /html/i.test(header('content-type') ?? '') ? '' : Buffer.from(body).toString('utf8');
  return { code: status, message: (text.trim().split('\n', 1)[0] ?? '').slice(0, messageLength) };
}

/** Tells JSON by its `Content-Type`. */
export function isJsonType(type: string | undefined): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type ?? '');
}
