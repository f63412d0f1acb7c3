import { isIP } from 'node:net';
import { CountersignError } from '@countersign/errors';
import { checkGateSettings } from '../gate/gate-settings.ts';
import type { NodeConfig } from './node-config.ts';

/**
 * What a schema cannot say: rules between settings.
 *
 * @throws `ERR_CONFIG_INVALID`, saying what to do
 */
export function checkRules(config: NodeConfig): NodeConfig {
  if (config.publicUrl !== undefined) checkPublicUrl(config.publicUrl);
  if (!config.dev && config.publicUrl === undefined) {
    throw refuse('publicUrl is required: clients and signatures name it. Set --public-url, or use --dev to try things');
  }
  if (config.dev && !isLoopback(config.host)) {
    throw refuse(`dev is only for this machine, and host ${config.host} is not: use 127.0.0.1, or leave --dev out`);
  }
  if (config.dev && config.publicUrl !== undefined && !isLoopback(new URL(config.publicUrl).hostname)) {
    throw refuse(`dev is only for this machine, and publicUrl ${config.publicUrl} is not: leave one of them out`);
  }
  const endpoint = config.log.publish?.s3?.endpoint;
  if (endpoint !== undefined && !isBareUrl(endpoint)) {
    throw refuse('log.publish.s3.endpoint is not an http or https URL without credentials');
  }
  checkGateSettings(config.log.admission);
  return config;
}

/** The name a new log gets in its checkpoints: the public URL's host, or the address itself under `dev`. */
export function hostnameOf(config: Pick<NodeConfig, 'host' | 'publicUrl'>): string {
  return config.publicUrl === undefined ? urlHost(config.host) : new URL(config.publicUrl).hostname;
}

/** An address as it stands in a URL: IPv6 in brackets. */
export function urlHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** Tells whether an address or name is this machine's own, and nobody else's. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host === '[::1]';
}

function checkPublicUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw refuse(`publicUrl ${text} is not an http or https URL`);
  }
  if (url.username !== '' || url.password !== '') throw refuse('publicUrl must not hold credentials');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw refuse(`publicUrl ${text} must be scheme, host and port only: the API's paths start at the root`);
  }
}

/** Messages name the URL: what is secret has no place in it. */
function isBareUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

function refuse(message: string): CountersignError {
  return new CountersignError('ERR_CONFIG_INVALID', message);
}
