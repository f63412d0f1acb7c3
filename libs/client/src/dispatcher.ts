import { rootCertificates } from 'node:tls';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';

/** How connections are made. */
export interface ConnectionOptions {
  /** PEM certificates trusted beside the built-in ones. */
  readonly ca?: string;
  /** Where `http_proxy`, `https_proxy` and `no_proxy` (either case) are read. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The connection pool of one client. Proxy variables are honoured; as everywhere, loopback
 * addresses are never proxied. Close it when done.
 */
export function createDispatcher({ ca, env = {} }: ConnectionOptions = {}): Dispatcher {
  const tls = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
  const httpProxy = env.http_proxy || env.HTTP_PROXY || '';
  const httpsProxy = env.https_proxy || env.HTTPS_PROXY || '';
  if (httpProxy === '' && httpsProxy === '') return new Agent({ connect: tls });
  const noProxy = env.no_proxy || env.NO_PROXY || '';
  return new EnvHttpProxyAgent({
    httpProxy,
    httpsProxy,
    noProxy: noProxy.trim() === '*' ? '*' : `${noProxy},localhost,127.0.0.1,[::1]`,
    // Without TLS the request is forwarded, not tunnelled: many proxies tunnel to port 443 only.
    proxyTunnel: false,
    connect: tls,
    requestTls: tls,
    proxyTls: tls,
  });
}
