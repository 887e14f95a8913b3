// What people do with a client of the Chrome DevTools Protocol: Puppeteer, or Playwright's connectOverCDP.
import { createRequire } from 'node:module';

const { modules, connectString, client, site, headers } = JSON.parse(process.argv[2]);
const require = createRequire(`${modules}/`);

async function opened() {
  if (client === 'playwright')
    return require('playwright-core').chromium.connectOverCDP(connectString, { timeout: 20000, headers });
  const loaded = await import(require.resolve('puppeteer-core'));
  const puppeteer = loaded.default?.connect ? loaded.default : loaded;
  return puppeteer.connect({ [connectString.startsWith('http') ? 'browserURL' : 'browserWSEndpoint']: connectString, headers });
}

try {
  const browser = await opened();
  const found = client === 'playwright' ? browser.contexts()[0].pages() : await browser.pages();
  const page = await browser.newPage();
  await page.goto(site);
  await page.click('#press');
  const result = {
    found: found.map(it => it.url()),
    title: await page.title(),
    pressed: await page.evaluate(() => document.querySelector('#said').textContent),
    screenshot: (await page.screenshot()).length,
  };
  const second = await browser.newPage();
  await second.goto(site + 'greeting?Ada');
  result.second = await second.evaluate(() => document.querySelector('h1').textContent);
  await browser.close();
  console.log(JSON.stringify({ result }));
} catch (e) {
  process.stdout.write(`${JSON.stringify({ error: e.message })}\n`, () => process.exit(1));
}
