export { FakeLog } from './fake-log.ts';
export { type Serving, serve } from './serve.ts';
