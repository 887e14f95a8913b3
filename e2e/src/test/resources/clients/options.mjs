// Clients with launch options of their own: what each sees and is told in its log, or how it was refused.
import { run } from './client.mjs';

let log = '';
const write = process.stderr.write.bind(process.stderr);
process.stderr.write = (text, ...rest) => {
  log += text;
  return write(text, ...rest);
};

await run(async (chromium, { connectString, rounds }) => {
  const seen = [];
  for (const options of rounds) {
    log = '';
    try {
      const headers = { 'x-playwright-launch-options': JSON.stringify(options) };
      const browser = await chromium.connect(connectString, { timeout: 30000, headers });
      const page = await browser.newPage();
      const began = performance.now();
      await page.goto('data:text/html,x');    // one action, which slowMo makes longer
      const agent = await page.evaluate('navigator.userAgent + " " + navigator.language');
      const millis = performance.now() - began;
      await browser.close();
      seen.push({ agent, millis, log });
    } catch (e) {
      seen.push({ refused: e.message });
    }
  }
  return seen;
});
