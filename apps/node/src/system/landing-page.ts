import { escapeHtml, htmlPage } from './html.ts';

/** What the landing page shows of the node. */
export interface LandingFacts {
  readonly url: string;
  readonly origin: string;
  readonly entries: number;
}

/** The page at `/`: what this is, and the commands to try. */
export function landingPage({ url, origin, entries }: LandingFacts): string {
  const server = escapeHtml(url);
  return htmlPage(
    'Countersign',
    `<h1>Countersign</h1>
<p>A transparency log that speaks Rekor's v1 API. This one is <code>${escapeHtml(origin)}</code>
and has ${entries} ${entries === 1 ? 'entry' : 'entries'}.</p>
<h2>Try it</h2>
<pre><code># sign a file with a new key
openssl ecparam -genkey -name prime256v1 -noout -out key.pem
openssl ec -in key.pem -pubout -out key.pub
echo hello &gt; hello.txt
openssl dgst -sha256 -sign key.pem -out hello.sig hello.txt

# put it into the log, and check that it is there
countersign upload --rekor_server ${server} --artifact hello.txt --signature hello.sig --public-key key.pub
countersign verify --rekor_server ${server} --artifact hello.txt --signature hello.sig --public-key key.pub
countersign loginfo --rekor_server ${server}</code></pre>
<p><code>rekor-cli</code> takes the same flags.</p>
<h2>More</h2>
<ul>
<li><a href="/docs">The HTTP API</a>, also as <a href="/openapi.json">OpenAPI 3.1</a></li>
<li><a href="/api/v1/log">The state of the log</a> and <a href="/api/v1/log/publicKey">its public key</a></li>
<li><a href="/healthz">healthz</a>, <a href="/readyz">readyz</a>, <a href="/metrics">metrics</a></li>
</ul>`,
  );
}
