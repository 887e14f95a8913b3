// What stock clients do with files of their own and with Chromium's protocol, none of which a grid refuses.
import { readFileSync, statSync } from 'node:fs';
import { run } from './client.mjs';

await run(async (chromium, { connectString, folder, upload }) => {
  const browser = await chromium.connect(connectString, { timeout: 30000 });
  const context = await browser.newContext({ recordHar: { path: `${folder}/har` } });
  await context.tracing.start({ snapshots: true, sources: true, name: 'mine' });
  const page = await context.newPage();
  await page.setContent('<input type=file><a download=x href="data:text/plain,hello">x</a>');
  await page.setInputFiles('input', upload);
  const uploaded = await page.evaluate(() => document.querySelector('input').files[0].text());
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('a')]);
  await download.saveAs(`${folder}/downloaded`);
  await context.tracing.stop({ path: `${folder}/trace` });
  const session = await context.newCDPSession(page);
  const { product } = await session.send('Browser.getVersion');
  await context.close();
  await browser.close();
  const sizes = ['har', 'trace'].map(name => statSync(`${folder}/${name}`).size);
  return { uploaded, downloaded: readFileSync(`${folder}/downloaded`, 'utf8'), sizes, product };
});
