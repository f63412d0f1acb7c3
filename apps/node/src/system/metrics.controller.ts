import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Reply } from '../http/types.ts';
import { Metrics } from './metrics.ts';

/** For Prometheus. */
@Controller('metrics')
export class MetricsController {
  readonly #metrics: Metrics;

  constructor(@Inject(Metrics) metrics: Metrics) {
    this.#metrics = metrics;
  }

  @Get()
  async metrics(@Res() reply: Reply): Promise<void> {
    const text = await this.#metrics.text();
    reply.header('content-type', this.#metrics.contentType).send(Buffer.from(text));
  }
}
