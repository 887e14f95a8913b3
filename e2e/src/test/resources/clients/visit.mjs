// What people do on web sites.
import { run } from './client.mjs';

await run(async (chromium, { connectString, site }) => {
  const browser = await chromium.connect(connectString, { timeout: 30000 });
  const page = await browser.newPage();
  await page.goto(site);
  const title = await page.title();
  await page.click('#press');
  await page.click('#press');
  const pressed = await page.textContent('#said');
  await page.route('**/weather', route => route.fulfill({ body: 'sunshine' }));
  await page.click('#ask');
  await page.waitForFunction(() => document.querySelector('#weather').textContent !== '');
  const routed = await page.textContent('#weather');
  const screenshot = (await page.screenshot()).toString('base64');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#report')]);
  const file = await content(download);
  await page.fill('input[name=name]', 'Ada');
  await page.click('#send');
  await page.waitForURL('**/greeting?**');
  const greeted = await page.textContent('h1');
  await browser.close();
  return {
    title, pressed, routed, greeted, screenshot,
    downloadName: download.suggestedFilename(), download: file.toString('base64'),
  };
});

async function content(download) {
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
