import type { AdmissionRequest } from '@countersign/plugin-api';
import { entriesPath } from '../errors/api-error.ts';
import type { Instance, Request } from '../http/types.ts';
import type { UploadGate } from './upload-gate.ts';

const admitted = new WeakMap<Request, AdmissionRequest>();

/** Has every upload pass the gate before its body is read: what waits to be let in costs no memory. */
export function addGate(instance: Instance, gate: UploadGate): void {
  instance.addHook('onRequest', async (request) => {
    if (request.method !== 'POST' || request.routeOptions.url !== entriesPath) return;
    const { authorization, 'x-forwarded-for': forwardedFor } = request.headers;
    const arrival = { peer: request.ip, authorization, forwardedFor: forwardedFor?.toString() };
    admitted.set(request, await gate.enter(arrival));
  });
}

/** What the gate knows of an upload. */
export function admissionRequest(request: Request): AdmissionRequest {
  const known = admitted.get(request);
  if (known === undefined) throw new Error('this request did not pass the gate');
  return known;
}
