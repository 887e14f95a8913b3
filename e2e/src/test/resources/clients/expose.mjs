// A client with a dev server on its own localhost.
import { createServer } from 'node:http';
import { run } from './client.mjs';

await run(async (chromium, { connectString, rounds }) => {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<title>dev server of ${request.headers.host}</title>`);
  });
  await new Promise(listening => server.listen(0, 'localhost', listening));
  const url = `http://localhost:${server.address().port}/`;
  const seen = [];
  for (const options of rounds) {
    let browser;
    try {
      browser = await chromium.connect(connectString, { timeout: 30000, ...options });
      const page = await browser.newPage();
      await page.goto(url);
      seen.push(await page.title());
    } catch (e) {
      seen.push(e.message);
    }
    await browser?.close();
  }
  server.close();
  return { url, seen };
});
