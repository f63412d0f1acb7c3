import { landingPage } from './landing-page.ts';

describe('landingPage', () => {
  it('shows commands for this server, and nothing unescaped', () => {
    const page = landingPage({ url: 'https://log.example:8443', origin: `<i>"a"&'b'</i>`, entries: 1 });
    expect(page).toContain('--rekor_server https://log.example:8443 ');
    expect(page).toContain('&lt;i&gt;&quot;a&quot;&amp;&#39;b&#39;&lt;/i&gt;');
    expect(page).toContain('1 entry.');
    expect(page).not.toContain('<i>');
  });
});
