import { destination, type Logger, pino } from 'pino';
import type { NodeConfig } from '../config/node-config.ts';

/** Where log lines go when not to standard output. */
export interface LogSink {
  write(line: string): void;
}

/** The node's log: one JSON object a line, or readable lines on a terminal. */
export async function createLogger(settings: NodeConfig['logging'], sink?: LogSink): Promise<Logger> {
  const { format, level } = settings;
  const pretty = format === 'pretty' || (format === 'auto' && sink === undefined && process.stdout.isTTY);
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!pretty) return pino(options, sink ?? destination({ fd: 1, sync: false }));
  const { default: prettyPrint } = await import('pino-pretty');
  return pino(options, prettyPrint({ sync: true, singleLine: true, ...(sink && { destination: sinkStream(sink) }) }));
}

/** Writes out what is buffered. */
export function flushLog(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    logger.flush(() => resolve());
  });
}

function sinkStream(sink: LogSink) {
  return { write: (line: string) => sink.write(line), end: () => undefined } as unknown as NodeJS.WritableStream;
}
