// What a client sees that opens files of the worker's machine, each in a page of its own.
import { run } from './client.mjs';

await run(async (chromium, { connectString, files }) => {
  const browser = await chromium.connect(connectString);
  const context = await browser.newContext();
  const seen = {};
  for (const file of files) {
    const page = await context.newPage();
    try {
      await page.goto(`file://${file}`, { timeout: 5000, waitUntil: 'load' });
      seen[file] = await page.evaluate(() => document.documentElement.outerHTML);
    } catch (e) {
      seen[file] = `not opened: ${e.message}`;
    }
    await page.close();
  }
  await browser.close();
  return seen;
});
