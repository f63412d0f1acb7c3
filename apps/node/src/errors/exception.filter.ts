import { CountersignError, hasCode } from '@countersign/errors';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Logger } from 'pino';
import { sendJson } from '../http/answer.ts';
import type { Methods } from '../http/methods.ts';
import type { Reply, Request } from '../http/types.ts';
import { apiError } from './api-error.ts';

/** The one place where a failure becomes an HTTP answer, of controllers, Nest and Fastify alike. */
@Catch()
export class ApiExceptionFilter implements ExceptionFilter {
  readonly #logger: Logger;
  readonly #methods: Methods;
  readonly #bodyBytes: number;

  constructor(logger: Logger, methods: Methods, bodyBytes: number) {
    this.#logger = logger;
    this.#methods = methods;
    this.#bodyBytes = bodyBytes;
  }

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const reply = http.getResponse<Reply>();
    if (reply.sent) return;
    const path = request.url.split('?', 1)[0] ?? '/';
    const error = this.#wrongMethod(thrown, request.method, path) ?? thrown;
    const answer = apiError(error, { path, requestId: request.id, bodyBytes: this.#bodyBytes });
    if (answer.status === 500 || hasCode(error, 'ERR_STORAGE_UNAVAILABLE'))
      this.#logger.error({ id: request.id, err: error }, 'request failed');
    // Half an unread body would be read as the next request.
    if (answer.status === 413) reply.header('connection', 'close');
    sendJson(
      reply.headers(answer.headers),
      answer.status,
      JSON.stringify({ code: answer.code, message: answer.message }),
    );
  }

  /** The router knows no difference between a path that is not there and one that takes other methods. */
  #wrongMethod(thrown: unknown, method: string, path: string): CountersignError | undefined {
    if (!(thrown instanceof HttpException) || thrown.getStatus() !== 404) return undefined;
    const allow = this.#methods.allowed(path).join(',');
    if (allow === '') return undefined;
    return new CountersignError('ERR_HTTP_METHOD', `method ${method} is not allowed, but [${allow}] are`, {
      details: { allow },
    });
  }
}
