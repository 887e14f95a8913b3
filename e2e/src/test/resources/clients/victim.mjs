// One session that works until the file `until` exists; answers how often, and how long the slowest round took.
import { existsSync } from 'node:fs';
import { run } from './client.mjs';

await run(async (chromium, { connectString, until }) => {
  const browser = await chromium.connect(connectString, { timeout: 30000 });
  const page = await browser.newPage();
  let rounds = 0;
  let slowest = 0;
  while (!existsSync(until)) {
    const began = performance.now();
    await page.setContent(`<title>${++rounds}</title>`);
    if (await page.title() !== String(rounds))
      throw new Error('the page of another');
    slowest = Math.max(slowest, performance.now() - began);
    await new Promise(over => setTimeout(over, 20));
  }
  await browser.close();
  return { rounds, slowest };
});
