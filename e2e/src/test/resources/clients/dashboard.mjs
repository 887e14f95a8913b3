// The dashboard as a person sees it who is asked for a token, and what others get.
import { run } from './client.mjs';

await run(async (chromium, { connectString, token, address, right, wrong, picture }) => {
  const browser = await chromium.connect(connectString, { headers: { authorization: `Bearer ${token}` } });
  const status = async password => {
    const context = await browser.newContext(password ? { httpCredentials: { username: 'me', password } } : {});
    const response = await (await context.newPage()).goto(address).catch(e => ({ status: () => e.message }));
    await context.close();
    return response.status();
  };
  const none = await status();
  const refused = await status(wrong);
  const context = await browser.newContext({
    httpCredentials: { username: 'me', password: right }, viewport: { width: 1280, height: 900 },
  });
  const page = await context.newPage();
  const failed = [];
  page.on('response', response => { if (response.status() >= 400) failed.push(`${response.status()} ${response.url()}`); });
  const streamed = page.waitForResponse(response => response.url().endsWith('/v1/events'));
  const opened = (await page.goto(address)).status();
  const events = (await streamed).status();
  await page.locator('#sessions tr').first().waitFor({ timeout: 15000 });
  const linked = await (await browser.newContext()).newPage();
  linked.on('response', response => { if (response.status() >= 400) failed.push(`${response.status()} ${response.url()}`); });
  await linked.goto(`${address}?token=${right}`);
  await linked.locator('#sessions tr').first().waitFor({ timeout: 15000 });
  const link = await linked.evaluate(() => document.title);
  const text = await page.evaluate(() => document.body.innerText);
  await page.screenshot({ path: picture, fullPage: true });
  await browser.close();
  return { none, refused, opened, events, failed, text, link };
});
