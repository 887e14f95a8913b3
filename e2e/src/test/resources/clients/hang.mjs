// A client that stops its driver's event loop with a pattern that takes for ever to match. Answers with the error that it
// gets when its session ends.
import { run } from './client.mjs';

const SLOW = /^http:\/\/localhost\/(a+)+$/;

await run(async (chromium, { connectString }) => {
  const browser = await chromium.connect(connectString);
  const gone = new Promise(over => browser.on('disconnected', over));
  const page = await browser.newPage();
  await page.route(SLOW, route => route.abort());
  const outcome = page.goto('http://localhost/' + 'a'.repeat(60) + '!').then(() => 'opened', error => error.message);
  await gone;
  return outcome;
});
