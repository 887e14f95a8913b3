// "Reuse connection, create new contexts" of the document on connections, in JavaScript.
import { run } from './client.mjs';

await run(async (chromium, { connectString, urls }) => {
  const titles = [];
  const browser = await chromium.connect(connectString);
  for (const url of urls) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    titles.push(await page.title());
    await context.close();
  }
  await browser.close();
  return titles;
});
