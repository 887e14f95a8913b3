// Clients with launch options of their own: what each sees, or how it was refused.
import { run } from './client.mjs';

await run(async (chromium, { connectString, rounds }) => {
  const seen = [];
  for (const options of rounds) {
    try {
      const headers = { 'x-playwright-launch-options': JSON.stringify(options) };
      const browser = await chromium.connect(connectString, { timeout: 30000, headers });
      const page = await browser.newPage();
      seen.push(await page.evaluate('navigator.userAgent + " " + navigator.language'));
      await browser.close();
    } catch (e) {
      seen.push(e.message);
    }
  }
  return seen;
});
