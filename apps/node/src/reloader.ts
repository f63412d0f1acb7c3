import type { Admission } from '@countersign/plugin-host';
import type { Logger } from 'pino';
import { changedSettings } from './config/changed-settings.ts';
import type { LoadedConfig } from './config/load-config.ts';
import type { NodeConfig } from './config/node-config.ts';
import type { UploadGate } from './gate/upload-gate.ts';

/** What goes by settings that can change while the node runs. */
export interface Reloadable {
  readonly admission: Pick<Admission, 'change'>;
  readonly gate: Pick<UploadGate, 'change'>;
  readonly logger: Logger;
}

/** Puts a changed configuration into force while the node runs: `log.admission` and `logging.level`. */
export class Reloader {
  readonly #parts: Reloadable;
  /** What is in force. */
  #config: NodeConfig;
  #last: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  constructor(config: NodeConfig, parts: Reloadable) {
    this.#config = config;
    this.#parts = parts;
  }

  /**
   * Reads the configuration again, as `load` does, and puts into force what can be. All or nothing: with any fault in
   * it everything stays as it was. What happened is logged; this never rejects. One reload follows the other, and one
   * that waits is for all that ask meanwhile: it will read what there is by then.
   */
  reload(load: () => Promise<LoadedConfig>): Promise<void> {
    this.#waiting ??= this.#last.then(() => {
      this.#waiting = undefined;
      return this.#reload(load);
    });
    this.#last = this.#waiting;
    return this.#last;
  }

  async #reload(load: () => Promise<LoadedConfig>): Promise<void> {
    const { admission, gate, logger } = this.#parts;
    try {
      const { config, warnings } = await load();
      const next = {
        ...this.#config,
        log: { ...this.#config.log, admission: config.log.admission },
        logging: { ...this.#config.logging, level: config.logging.level },
      };
      const changed = changedSettings(this.#config, next);
      const needRestart = changedSettings(next, config);
      // Also when nothing changed: a policy may read files.
      await admission.change(next.log.admission);
      gate.change(next.log.admission);
      logger.level = next.logging.level;
      this.#config = next;
      for (const warning of warnings) logger.warn(warning);
      if (needRestart.length > 0) logger.warn({ settings: needRestart }, 'changed settings that need a restart');
      logger.info({ changed }, 'reloaded');
    } catch (err) {
      logger.error({ err }, 'not reloaded: everything stays as it was');
    }
  }
}
