// What every browser type must be able to do.
import { run } from './client.mjs';

await run(async (type, { connectString, site }) => {
  const browser = await type.connect(connectString, { timeout: 60000 });
  const [one, other] = [await browser.newContext(), await browser.newContext()];
  const page = await one.newPage();
  await page.goto(site);
  await page.click('#press');
  const pressed = await page.textContent('#said');
  await page.route('**/weather', route => route.fulfill({ body: 'sunshine' }));
  await page.click('#ask');
  await page.waitForFunction(() => document.querySelector('#weather').textContent !== '');
  const routed = await page.textContent('#weather');
  await one.addCookies([{ name: 'mine', value: '1', url: site }]);
  const cookies = [(await one.cookies(site)).length, (await other.cookies(site)).length];
  const screenshot = (await page.screenshot()).length;
  const agent = await page.evaluate(() => navigator.userAgent);
  const version = browser.version();
  await browser.close();
  return { pressed, routed, cookies, screenshot, agent, version };
});
