import { CountersignError } from '@countersign/errors';
import { Controller, Post } from '@nestjs/common';
import { Operation } from '../openapi/operation.ts';

/** Search. This node keeps no search index yet and says so in upstream's words. */
@Controller('/api/v1/index')
export class IndexController {
  @Post('retrieve')
  @Operation({
    id: 'searchIndex',
    summary: 'Finds entries by what is in them; not offered by this node',
    body: 'IndexQuery',
    refusals: [501],
  })
  search(): never {
    throw new CountersignError('ERR_NOT_AVAILABLE', 'Search Index API not enabled in this Rekor instance');
  }
}
