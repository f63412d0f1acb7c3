import { LogService } from '@countersign/log';
import { Controller, Get, Head, Inject, Res } from '@nestjs/common';
import type { Reply } from '../http/types.ts';
import { NodeState } from './node-state.ts';

/** What load balancers and supervisors ask. */
@Controller()
export class HealthController {
  readonly #state: NodeState;
  readonly #log: LogService;

  constructor(@Inject(NodeState) state: NodeState, @Inject(LogService) log: LogService) {
    this.#state = state;
    this.#log = log;
  }

  /** Upstream's: a dot. */
  @Get('ping')
  ping(@Res() reply: Reply): void {
    sendText(reply, 200, '.');
  }

  /** Upstream answers HEAD here, and nowhere else. */
  @Head('ping')
  pingHead(@Res() reply: Reply): void {
    sendText(reply, 200, '.');
  }

  /** The process answers. */
  @Get('healthz')
  health(@Res() reply: Reply): void {
    sendText(reply, 200, 'ok\n');
  }

  /** The node takes uploads, or serves what is there when it is read-only: not before it has started, not once it is stopping, not after its storage failed. */
  @Get('readyz')
  ready(@Res() reply: Reply): void {
    if (this.#state.phase !== 'ready') sendText(reply, 503, `${this.#state.phase}\n`);
    else if (this.#log.failure !== undefined)
      sendText(reply, 503, 'the log takes no more entries; see the server log\n');
    else sendText(reply, 200, `ready${this.#log.readOnly ? ', read-only' : this.#role()}\n`);
  }

  /** Every node takes uploads: which of several sequences them is for people to know. */
  #role(): string {
    const leads = this.#state.leads();
    return leads === undefined ? '' : leads ? ', sequences' : ', follows';
  }
}

function sendText(reply: Reply, status: number, text: string): void {
  reply.code(status).header('content-type', 'text/plain').send(Buffer.from(text));
}
