import { LogService } from '@countersign/log';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { sendJson } from '../http/answer.ts';
import type { Reply } from '../http/types.ts';
import { docsPage } from '../openapi/docs-page.ts';
import { pageHeaders } from './html.ts';
import { landingPage } from './landing-page.ts';
import { NodeFacts } from './node-facts.ts';

/** Pages for people, and the API's description for tools. */
@Controller()
export class PageController {
  readonly #log: LogService;
  readonly #facts: NodeFacts;

  constructor(@Inject(LogService) log: LogService, @Inject(NodeFacts) facts: NodeFacts) {
    this.#log = log;
    this.#facts = facts;
  }

  @Get()
  landing(@Res() reply: Reply): void {
    const { signedTreeHead, treeSize } = this.#log.info();
    const [origin = ''] = signedTreeHead.split('\n', 1);
    sendPage(reply, landingPage({ url: this.#facts.url, origin, entries: treeSize }));
  }

  @Get('docs')
  docs(@Res() reply: Reply): void {
    sendPage(reply, docsPage(this.#facts.document));
  }

  @Get('openapi.json')
  document(@Res() reply: Reply): void {
    sendJson(reply, 200, JSON.stringify(this.#facts.document));
  }
}

function sendPage(reply: Reply, html: string): void {
  reply.headers(pageHeaders).send(Buffer.from(html));
}
