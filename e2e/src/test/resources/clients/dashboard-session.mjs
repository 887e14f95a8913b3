// A person at the dashboard finds a session, watches it, sees where it hangs, ends it, and drains its worker.
import { run } from './client.mjs';

await run(async (chromium, { connectString, address, pictures, axe }) => {
  const connect = query => chromium.connect(connectString + query);
  const eyes = await connect('?name=eyes');
  const shop = await connect('?name=shop%20pays&labels=build:7');
  await connect('?name=shop%20searches');
  const shopPage = await shop.newPage();
  const paint = colour => shopPage.setContent(`<title>Shop</title><body style="background: ${colour}">`);
  await paint('rgb(255, 0, 0)');

  const errors = [];
  const open = async (width, colorScheme) => {
    // With the policy of the page, axe-core could not run.
    const context = await eyes.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
    const page = await context.newPage();
    page.on('pageerror', error => errors.push(String(error)));
    await page.goto(address);
    return page;
  };
  const serious = [];
  const examine = async (page, name) => {
    await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
    await page.addScriptTag({ path: axe });
    const { violations } = await page.evaluate(() => axe.run());
    serious.push(...violations.filter(it => ['serious', 'critical'].includes(it.impact)).map(it => `${name}: ${it.id}: ${it.nodes[0].html}`));
  };
  const page = await open(1200, 'light');
  await page.locator('#sessions tr').nth(2).waitFor();
  await examine(page, 'dashboard-grid');
  await page.getByLabel('Name or id').fill('PAYS');
  await page.locator('#sessions tr').nth(1).waitFor({ state: 'detached' });
  await page.reload();    // the filter is in the address
  await page.locator('#sessions tr').first().waitFor();
  const listed = await page.locator('#sessions a').allInnerTexts();

  await page.getByRole('link', { name: 'shop pays' }).focus();
  await page.keyboard.press('Enter');
  const facts = page.locator('#session-facts');
  await facts.getByText('build:7').waitFor();
  const shows = colour => page.waitForFunction(wanted => {
    const image = document.querySelector('#screen img');
    if (!image?.naturalWidth)
      return false;
    const pixels = Object.assign(document.createElement('canvas'), { width: 8, height: 8 }).getContext('2d');
    pixels.drawImage(image, 0, 0, 8, 8);
    const seen = pixels.getImageData(4, 4, 1, 1).data;
    return wanted.every((value, at) => Math.abs(value - seen[at]) < 30);
  }, colour, { timeout: 15000 }).then(() => true);
  const red = await shows([255, 0, 0]);
  await paint('rgb(0, 128, 0)');
  const green = await shows([0, 128, 0]);

  const hanging = shopPage.click('#never', { timeout: 30000 }).catch(error => error.message);
  const wait = page.locator('#waiting');
  await wait.getByText(/in Frame\.click/).waitFor();
  const waiting = await wait.innerText();
  await examine(page, 'dashboard-session');
  const known = await facts.innerText();

  const gone = new Promise(ended => shop.once('disconnected', ended));
  await page.getByRole('button', { name: 'End session' }).click();
  await page.getByRole('button', { name: 'End it now?' }).click();
  await gone;
  const reason = await hanging;
  await page.locator('#session-state', { hasText: /operator/i }).waitFor();
  const ended = await page.locator('#session-state').innerText();
  await page.getByRole('link', { name: 'All sessions' }).click();
  await page.getByRole('button', { name: 'Ended' }).click();
  const history = page.locator('#sessions tr', { hasText: 'shop pays' });
  await history.waitFor();
  const outcome = await history.innerText();
  await history.getByRole('link').click();
  await page.getByText('There is no recording of this session.').waitFor();

  const small = await open(400, 'dark');
  await small.locator('#sessions tr').first().waitFor();
  const scrollsSideways = await small.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  await examine(small, 'dashboard-400');
  await page.goto(`${address}#/`);
  await page.getByRole('button', { name: /^Drain/ }).click();
  await page.getByRole('button', { name: /^Drain/ }).click();
  await page.locator('#workers', { hasText: 'Draining' }).waitFor();
  const answer = { outcome, listed, facts: known, red, green, waiting, reason, ended, serious, errors, scrollsSideways };
  await eyes.close();
  return answer;
});
process.exit();
