import { destination, type Logger, pino } from 'pino';
import type { NodeConfig } from '../config/node-config.ts';

/** Where log lines go when not to standard output. */
export interface LogSink {
  write(line: string): void;
}

/** A logger, and the way to end it. */
export interface NodeLogger {
  readonly logger: Logger;
  /** Writes out what is buffered, and stops. */
  close(): Promise<void>;
}

/** Lines are gathered up to so many bytes, or for so long: a write for each line costs a twentieth of the append rate. */
const bufferBytes = 8 * 1024;
const flushMs = 250;

/** The node's log: one JSON object a line, or readable lines on a terminal. */
export async function createLogger(settings: NodeConfig['logging'], sink?: LogSink): Promise<NodeLogger> {
  const { format, level } = settings;
  const pretty = format === 'pretty' || (format === 'auto' && sink === undefined && process.stdout.isTTY);
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (pretty) {
    const { default: prettyPrint } = await import('pino-pretty');
    const stream = prettyPrint({ sync: true, singleLine: true, ...(sink && { destination: sinkStream(sink) }) });
    return { logger: pino(options, stream), close: async () => undefined };
  }
  if (sink !== undefined) return { logger: pino(options, sink), close: async () => undefined };

  const output = destination({ fd: 1, sync: false, minLength: bufferBytes });
  const timer = setInterval(() => output.flush(), flushMs).unref();
  const close = async (): Promise<void> => {
    clearInterval(timer);
    await new Promise<void>((resolve) => {
      output.flush(() => resolve());
    });
  };
  return { logger: pino(options, output), close };
}

function sinkStream(sink: LogSink) {
  return { write: (line: string) => sink.write(line), end: () => undefined } as unknown as NodeJS.WritableStream;
}
