// Sessions one after the other, or all at once: connect, a page, its title, close.
import { run } from './client.mjs';

await run(async (chromium, { connectString, site, count, atOnce }) => {
  async function session() {
    const browser = await chromium.connect(connectString);
    const page = await browser.newPage();
    await page.goto(site);
    const title = await page.title();
    await browser.close();
    return title;
  }

  if (atOnce) return Promise.all(Array.from({ length: count }, session));
  const titles = [];
  for (let i = 0; i < count; i++) titles.push(await session());
  return titles;
});
