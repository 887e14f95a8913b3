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
      const title = await page.title();
      // What the driver asks for itself goes the same way.
      await page.route('**/routed', async route => route.fulfill({ response: await route.fetch({ url }) }));
      await page.goto(`${url}routed`);
      const others = [await page.title()];
      for (const context of [page.request, page.context().request])
        others.push((await (await context.get(url)).text()).replace(/<.?title>/g, ''));
      seen.push(others.every(other => other === title) ? title : [title, ...others].join());
    } catch (e) {
      seen.push(e.message);
    }
    await browser?.close();
  }
  server.close();
  return { url, seen };
});
